"""Where events of the server come from that others report."""
