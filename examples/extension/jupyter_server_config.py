"""The example extension beside jupyter_eventlog, with what its operator has to say about it.

After `make .make/example`: `jupyter lab --config examples/extension/jupyter_server_config.py`.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - traitlets defines it

HERE = Path(__file__).resolve().parent
GREETED = "https://events.example.org/eventlog_example/greeted/v1"
UNRESTRICTED = ["category.jupyter.org/unrestricted"]

c.LabServerApp.extra_labextensions_path = [str(HERE / "labextensions")]
c.EventLogApp.contact = "you: this is an example"
c.EventLogApp.purposes = {
    "usage": {
        "title": "How JupyterLab is used",
        "policy": "opt-in",
        "legal_basis": "consent",
        "controller": "Example University",
        "retention": "90d",
        "time_resolution": "1min",
    },
}
c.EventLogApp.schemas = [str(HERE / "schemas" / "greeted.v1.json")]
c.EventLogApp.allowed_schemas = {
    "https://events.jupyter.org/jupyter_eventlog/command/v1": {
        "purpose": "usage",
        "allowed_categories": UNRESTRICTED,
    },
    GREETED: {"purpose": "usage", "allowed_categories": UNRESTRICTED},
}
c.EventLogApp.commands = {"eventlog-example:greet": {"language": ["en", "fr"]}}
c.EventLogApp.sinks = [
    {
        "name": "shown",
        "type": "tooltip",
        "side": "browser",
        "purposes": ["usage"],
        "recipient": "You, in this browser",
        "retention": "1d",
    },
]
