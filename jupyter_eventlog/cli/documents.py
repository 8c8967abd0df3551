"""``jupyter eventlog privacy``, ``ropa`` and ``dpia``: what a configuration obliges to tell.

All of them read the configuration as a server would, and touch nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from jupyter_eventlog.eventlog import Plan
from jupyter_eventlog.transparency import (
    Document,
    dpia,
    privacy_page,
    records,
    ropa,
    to_csv,
    to_html,
    to_markdown,
)

from .arguments import Parser
from .check import load_plan

__all__ = ["DOCUMENTS", "print_document"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One command: what it prints, and in which forms; the first is the default."""

    description: str
    forms: Mapping[str, Callable[[Plan], str]]


def _written(
    make: Callable[[Plan], Document], write: Callable[[Document], str]
) -> Callable[[Plan], str]:
    return lambda plan: write(make(plan))


def _privacy(plan: Plan) -> Document:
    return privacy_page(plan.manifest, plan.catalog)


def _ropa(plan: Plan) -> Document:
    return ropa(plan.manifest, plan.catalog)


def _dpia(plan: Plan) -> Document:
    return dpia(plan.manifest, plan.catalog)


def _ropa_json(plan: Plan) -> str:
    found = {"records": records(plan.manifest, plan.catalog)}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _ropa_csv(plan: Plan) -> str:
    return to_csv(records(plan.manifest, plan.catalog))


#: Name of the command → what it prints.
DOCUMENTS: Final[Mapping[str, _Kind]] = {
    "privacy": _Kind(
        "Print the privacy page that users of this configuration see.",
        {"markdown": _written(_privacy, to_markdown), "html": _written(_privacy, to_html)},
    ),
    "ropa": _Kind(
        "Print the record of processing activities (GDPR, Art. 30(1)); gaps are marked.",
        {
            "markdown": _written(_ropa, to_markdown),
            "html": _written(_ropa, to_html),
            "json": _ropa_json,
            "csv": _ropa_csv,
        },
    ),
    "dpia": _Kind(
        "Print material for an impact assessment (GDPR, Art. 35(7)); gaps are marked.",
        {"markdown": _written(_dpia, to_markdown), "html": _written(_dpia, to_html)},
    ),
}


def print_document(name: str, arguments: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Print a document, or each mistake of the configuration as one line.

    Args:
        name: one of :data:`DOCUMENTS`.
        err: where mistakes and notes go, so that a redirected document holds nothing else.

    Returns:
        The exit code: 0 if it was printed, 1 if the configuration cannot be used.
    """
    kind = DOCUMENTS[name]
    parser = Parser(name, kind.description)
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    parser.add_argument("--format", choices=list(kind.forms), default=next(iter(kind.forms)))
    known, rest = parser.read(arguments)
    try:
        plan = load_plan(known.config, rest)
    except Exception as error:  # noqa: BLE001 - whatever a configuration file raises is its mistake
        words = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"The configuration cannot be read: {words}", file=err)
        return 1
    for line in (*plan.problems, *(f"Note: {warning}" for warning in plan.warnings)):
        print(line, file=err)
    if plan.problems:
        return 1
    out.write(kind.forms[known.format](plan))
    return 0
