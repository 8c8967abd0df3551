"""The envelope stage."""
