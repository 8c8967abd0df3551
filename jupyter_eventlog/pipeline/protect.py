"""The protect stage."""
