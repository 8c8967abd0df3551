"""Schemas: loaded, checked, compiled and indexed."""
