"""Configuration and catalog make the manifest."""
