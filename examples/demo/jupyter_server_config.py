"""The demonstration: everything is offered, nothing is recorded before you choose.

`make lab` starts JupyterLab with this file. Under *on*, what you share lands beside it in
`data/events.jsonl`, where any JSONL reader opens it. A real deployment names its own controller,
recipient and contact, and writes to a place that the users of the server cannot reach.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - traitlets defines it

# Not followed by git.
DATA = Path(__file__).resolve().parent / "data"
DATA.mkdir(mode=0o700, exist_ok=True)
UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"

c.EventLogApp.contact = "you: this is a demonstration"
c.EventLogApp.ledger_dir = str(DATA / "ledger")
c.EventLogApp.purposes = {
    "usage": {
        "title": "How JupyterLab is used",
        "policy": "opt-in",
        "legal_basis": "consent",
        "controller": "Example University",
        "identity": "none",
        "retention": "90d",
        "time_resolution": "1min",
        "not_used_for": ["grading", "attendance"],
    },
}
c.EventLogApp.allowed_schemas = {
    "https://events.jupyter.org/jupyter_eventlog/command/v1": {
        "purpose": "usage",
        "allowed_categories": [UNRESTRICTED],
        "protect": {"duration_ms": "bucket"},
    },
    "https://events.jupyter.org/jupyter_eventlog/activity/v1": {
        "purpose": "usage",
        "allowed_categories": [UNRESTRICTED],
        "protect": {"duration_ms": "bucket"},
    },
    "https://events.jupyter.org/jupyter_eventlog/session/v1": {
        "purpose": "usage",
        "allowed_categories": [UNRESTRICTED, TECHNICAL],
    },
}
c.EventLogApp.sinks = [
    {
        "name": "research-archive",
        "type": "jsonl",
        "purposes": ["usage"],
        "path": str(DATA / "events.jsonl"),
        "recipient": "IT Services, Example University",
        "retention": "30d",
        "can_erase": True,
    },
]
