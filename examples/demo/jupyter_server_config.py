"""Settings of the demonstration server."""
