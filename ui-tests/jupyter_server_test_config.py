"""Settings of the server that the browser tests run against. Never use them elsewhere.

Galata's own settings switch off every protection: no token, no XSRF check.
"""

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821 - traitlets defines `c`

# Galata would listen on 8888; playwright.config.ts names the port on the command line.
c.ServerApp.ip = "127.0.0.1"  # noqa: F821
# The list of passed tests is what a reader looks for, not each request.
c.ServerApp.log_level = "ERROR"  # noqa: F821
