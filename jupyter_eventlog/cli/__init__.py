"""``jupyter eventlog`` starts a server; its subcommands look at the settings and at the ledger.

``check``, ``dead-letters``, ``redrive``, ``verify``, ``anchor``, ``subject``, ``privacy``, ``ropa``
and ``dpia``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["main"]

_COMMANDS: Final = (
    *("check", "dead-letters", "redrive", "verify", "anchor"),
    *("subject", "privacy", "ropa", "dpia"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["check"]:
        from .check import check

        return check(arguments[1:], sys.stdout)
    if arguments[:1] in (["dead-letters"], ["redrive"]):
        from .dead_letters import dead_letters, redrive

        return (redrive if arguments[0] == "redrive" else dead_letters)(arguments[1:], sys.stdout)
    if arguments[:1] == ["subject"]:
        from .subject import subject

        return subject(arguments[1:], sys.stdout)
    if arguments[:1] in (["verify"], ["anchor"]):
        from .verify import anchor, verify

        return (verify if arguments[0] == "verify" else anchor)(arguments[1:], sys.stdout)
    if arguments[:1] in (["privacy"], ["ropa"], ["dpia"]):
        from .documents import print_document

        return print_document(arguments[0], arguments[1:], sys.stdout, sys.stderr)
    # A server opens what it is given, but no file or directory that there is not.
    if arguments and not arguments[0].startswith("-") and not Path(arguments[0]).exists():
        from .arguments import refuse_command

        refuse_command(arguments[0], _COMMANDS)
    from jupyter_eventlog.server.app import EventLogApp

    EventLogApp.launch_instance(arguments)  # type: ignore[no-untyped-call]
    return 0
