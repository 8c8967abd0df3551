"""``jupyter eventlog check``: what a configuration would collect, keep and send; starts nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.serverapp import ServerApp

from jupyter_eventlog.config import duration_text
from jupyter_eventlog.eventlog import Plan, make_plan
from jupyter_eventlog.manifest import Purpose, SinkTerms
from jupyter_eventlog.server.app import EventLogApp
from jupyter_eventlog.vocabulary import Commands

from .arguments import Parser
from .outside import describe_anchors

__all__ = ["check", "describe"]

_HERE = "kept here only"
_PROTECTIONS = (
    ("keep", "sent as recorded"),
    ("listed", "sent if listed, else as (other) or custom"),
    ("bucket", "sent rounded"),
    ("truncate", "sent as a date or host only"),
    ("hash", "sent as a keyed digest"),
    ("present", "sent as whether there is one"),
    ("drop", _HERE),
)


def check(arguments: Sequence[str], out: TextIO) -> int:
    """Print what the configuration amounts to, or each mistake as one line.

    Returns:
        The exit code: 0 if telemetry would work, 1 if it would stay off.
    """
    parser = Parser("check", __doc__)
    parser.add_argument("--config", help="a jupyter_server_config file to look at instead of yours")
    known, rest = parser.read(arguments)
    try:
        plan = load_plan(known.config, rest)
    except Exception as error:  # noqa: BLE001 - whatever a configuration file raises is its mistake
        print(f"The configuration cannot be read: {_one_line(error)}", file=out)
        return 1
    for line in plan.warnings:
        print(f"Note: {line}", file=out)
    lines = plan.problems or tuple(describe(plan))
    print("\n".join(lines), file=out)
    return 1 if plan.problems else 0


def load_plan(config_file: str | None, arguments: Sequence[str]) -> Plan:
    """Read the configuration as a server would, and check it; touches nothing."""
    server = ServerApp(raise_config_file_errors=True)
    if config_file is not None:
        path = Path(config_file).resolve()
        if not path.is_file():
            raise FileNotFoundError(f"{config_file} is not a file")
        server.config_file = str(path)
    server.parse_command_line(list(arguments))
    server.load_config_file(suppress_errors=False)
    app = EventLogApp()
    app.serverapp = server
    app.load_config_file()
    app.update_config(server.config)
    return make_plan(app.values(), Path(jupyter_data_dir()), os.environ, app.mistakes)


def describe(plan: Plan) -> Iterator[str]:
    """Yield the lines that say what is collected, kept and sent."""
    yield f"This configuration works. {_beginning(plan.manifest.purposes.values())}"
    yield f"What is kept is kept in {plan.ledger_dir}."
    yield f"Users may ask {plan.config.contact}." if plan.config.contact else "No contact is named."
    for purpose in plan.manifest.purposes.values():
        yield ""
        yield from _describe_purpose(purpose)
        yield from _describe_sent(purpose, plan.manifest.sinks)
        yield from describe_anchors(purpose, plan.config.sinks)
    if not plan.manifest.purposes:
        yield "Nothing can be collected."
    yield from _describe_commands(plan.config.commands)


def _describe_commands(commands: Commands) -> Iterator[str]:
    if not commands:
        return
    yield ""
    yield "Told by name beside the shipped commands, with these arguments:"
    for command, arguments in commands.items():
        told = [
            f"{name} ({how if isinstance(how, str) else ' | '.join(how)})"
            for name, how in arguments.items()
        ]
        yield f"  {command}: {', '.join(told) or 'none'}"


def _describe_purpose(purpose: Purpose) -> Iterator[str]:
    yield f"Purpose {purpose.name}: {purpose.title}"
    basis = f"{purpose.policy}, legal basis: {purpose.legal_basis}"
    yield f"  Controller: {purpose.controller} ({basis})"
    yield f"  {_start(purpose)}"
    kept = "in full" if purpose.policy == "opt-in" else "as it is sent"
    yield f"  Kept here for {duration_text(purpose.retention_ms)}, {kept}"
    asked = purpose.policy == "opt-in"
    for schema_id, fields in purpose.fields.items():
        yield f"  Collects {schema_id}"
        for protection, said in _PROTECTIONS:
            words = "neither sent nor kept" if said == _HERE and not asked else said
            names = [
                pointer.lstrip("/")
                for pointer, how in fields.items()
                if (how if purpose.sinks or not asked else "drop") == protection
            ]
            if names:
                yield f"    {words}: {', '.join(names)}"


def _beginning(purposes: Collection[Purpose]) -> str:
    """Say what is recorded before anybody does anything."""
    policies = {purpose.policy for purpose in purposes if not purpose.problem}
    if "locked" in policies:
        return "Only what is locked is recorded before a user was asked or told."
    if "opt-out" in policies:
        return "Nothing is recorded before a user chooses, or was told what may be objected to."
    return "Nothing is recorded before a user chooses."


def _start(purpose: Purpose) -> str:
    if purpose.problem:
        return "Off for everyone, see the note"
    if purpose.policy == "locked":
        return "Mandatory: on for everyone, and nobody can turn it off"
    modes = [("off", None), ("local", purpose.local_offered), ("on", purpose.on_offered)]
    offered = [name if reason is None else f"not {name} ({reason})" for name, reason in modes]
    told = "; begins once its notice was shown" if purpose.policy == "opt-out" else ""
    return f"Users may choose: {', '.join(offered)}{told}"


def _describe_sent(purpose: Purpose, sinks: Sequence[SinkTerms]) -> Iterator[str]:
    receiving = [sink for sink in sinks if purpose.name in sink.purposes]
    if not receiving:
        yield "  Sent to nobody"
        return
    resolution = duration_text(purpose.time_resolution_ms)
    yield f"  Sent with identity {purpose.identity!r} and times cut to {resolution}, to"
    for sink in receiving:
        recall = "erases on request" if sink.can_erase else "cannot be recalled"
        yield (
            f"    {sink.name}: {sink.recipient}, kept {duration_text(sink.retention_ms)}, {recall} "
            f"({sink.type}, {sink.side} side, {sink.setting})"
        )
    if purpose.not_used_for:
        yield f"  Never used for: {', '.join(purpose.not_used_for)}"


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
