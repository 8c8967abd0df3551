"""Consent records and the pure decision."""
