"""The extension of a Jupyter server: routes, identity, lifecycle. What happens is decided below."""
