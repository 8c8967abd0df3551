"""Write docs/reference/precedence.md: what every combination of inputs comes to, asked of the code.

::

    python scripts/precedence_doc.py

All combinations are put to the real decision and the real gate. Inputs that make no difference are
put together, so that the table is short enough to be read and still says all of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.config import AllowedSchema, Config, Protection, PurposeConfig, SinkConfig
from jupyter_eventlog.consent import ConsentRecord, Signals, routes
from jupyter_eventlog.events import Admitted, Event, Mode
from jupyter_eventlog.manifest import Manifest, Purpose, build
from jupyter_eventlog.pipeline.gate import admit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "precedence.md"

_UNRESTRICTED = "category.jupyter.org/unrestricted"
_SCHEMA = "https://example.edu/opened/v1"
_ID = "00000000-0000-4000-8000-000000000000"
_DAY_MS = 86_400_000
_BASES = {"opt-in": "consent", "opt-out": "public-task", "locked": "legal-obligation"}

#: Each input with its values, the one that allows most first; in the order of the columns.
AXES: Mapping[str, tuple[str, ...]] = {
    "policy": ("opt-in", "opt-out", "locked"),
    "source": ("server", "bus", "browser", "kernel", "hub"),
    "operator": (
        "offers all",
        "hides *local*",
        "names no recipient",
        "hides *local*, names no recipient",
        "wants an identity where all share one key",
        "lets no schema in",
        "gives a basis that does not fit",
    ),
    "choice": ("on", "local", "off", "none"),
    "pause": ("no", "yes"),
    "terms since": (
        "the same",
        "ask for less",
        "ask for more",
        "all recipients are new",
        "cannot be kept as agreed",
        "name another policy",
    ),
    "signals": ("none", "`Sec-GPC`", "`DNT` or `DO_NOT_TRACK`", "both"),
}

#: What an event can come to, from nothing to most.
OUTCOMES = ("off", "local", "on, as agreed", "on")

_SIGNALS = {
    "none": Signals(),
    "`Sec-GPC`": Signals(gpc=True),
    "`DNT` or `DO_NOT_TRACK`": Signals(do_not_track=True),
    "both": Signals(True, True),
}

Case = tuple[str, ...]


def cases() -> Iterator[Case]:
    """Yield every combination of the values of all inputs."""
    return itertools.product(*AXES.values())


def outcome(case: Case) -> str:
    """Return what an event comes to, as the code decides it."""
    policy, source, operator, choice, pause, since, signals = case
    now, before = (_manifest(policy, operator, since, then) for then in (False, True))
    purpose, agreed = now.purposes["p"], before.purposes["p"]
    records = {} if choice == "none" else {"p": _record(_mode(choice), agreed)}
    found = routes(now, records, _SIGNALS[signals], pause == "yes", shared="one key" in operator)
    admitted = admit(_event(source), found, lambda _: "not_consented")
    if not isinstance(admitted, Admitted):
        return "off"
    route = admitted.route
    if route.mode == "local":
        return "local"
    whole = route.shape == purpose.schemas[_SCHEMA] and route.retention_ms == purpose.retention_ms
    return "on" if whole and set(route.sinks) == set(purpose.sinks) else "on, as agreed"


def _mode(choice: str) -> Mode:
    modes: dict[str, Mode] = {"on": "on", "local": "local"}
    return modes.get(choice, "off")


@cache
def _catalog() -> Catalog:
    catalog = Catalog.shipped()
    leaf = {"description": "Something.", "categories": [_UNRESTRICTED], "type": "boolean"}
    document: dict[str, Any] = {
        "$id": _SCHEMA,
        "version": "1",
        "title": "Opened",
        "description": "Something was opened.",
        "purpose": "audit",
        "owner": "x",
        "audit": True,
        "type": "object",
        "additionalProperties": False,
        "properties": {"first": leaf, "second": leaf},
        "examples": [{"first": True, "second": False}],
    }
    catalog.register(document, "this script")
    return catalog


@cache
def _manifest(policy: str, operator: str, since: str, then: bool) -> Manifest:
    """Return an operator's manifest: of when somebody agreed, or of now."""
    more, less = since == "ask for more", since == "ask for less"
    if since == "name another policy" and then:
        policy = "opt-in" if policy == "opt-out" else "opt-out"
    fits = operator != "gives a basis that does not fit"
    purpose = PurposeConfig(
        title="P",
        controller="Another" if since == "cannot be kept as agreed" and not then else "University",
        retention_ms=2 * _DAY_MS if more and not then else _DAY_MS,
        policy=policy,
        legal_basis=_BASES[policy if fits else "opt-out" if policy == "opt-in" else "opt-in"],
        identity="user" if "identity" in operator else "none",
    )
    second: Protection = "drop" if (more and then) or (less and not then) else "keep"
    allowed = AllowedSchema("p", (_UNRESTRICTED,), {"second": second})
    name = "new" if since == "all recipients are new" and not then else "archive"
    sink = SinkConfig(name, "jsonl", "server", ("p",), name, _DAY_MS, True, {}, "x")
    config = Config(
        contact="it@example.edu",
        purposes={"p": purpose},
        allowed_schemas={} if operator == "lets no schema in" else {_SCHEMA: allowed},
        sinks=() if "names no recipient" in operator else (sink,),
        allow_local="hides *local*" not in operator,
    )
    made, errors = build(config, _catalog())
    if errors:
        raise errors[0]
    return made


def _record(mode: Mode, agreed: Purpose) -> ConsentRecord:
    terms = (agreed.terms_hash, agreed.terms_json)
    return ConsentRecord("ann", "p", mode, *terms, "1", "en", 0, "panel")


def _event(source: Any) -> Event:
    return Event(_ID, _SCHEMA, 0, 0, _ID, 0, {}, "ann", source)


HEAD = """\
# What decides

Made by `scripts/precedence_doc.py`, which puts all {n} combinations of these inputs to the code.
`tests/privacy/test_matrix.py` holds the code to a plain statement of the rules, and this page to
the code. Inputs that make no difference are put together; *any* is all of them.

| input | values |
|---|---|
{axes}

| then | means |
|---|---|
| off | nothing is recorded |
| local | kept in this server's storage, never forwarded |
| on | kept and forwarded |
| on, as agreed | the same, in the fields and for the time that were agreed to: more is asked for |

Under `opt-out` the choice *on* stands for a notice that was shown, and *none* for one that was not.
Where a browser says `navigator.globalPrivacyControl`, its pages act by themselves as for `Sec-GPC`.

Within `opt-in` and `opt-out` each input can only reduce: with all others as they are, none of its
values gives more than the first one. What is `locked` is the same whatever anybody chose, paused or
signalled, so it is never called consent.
"""


def document() -> str:
    """Return the page."""
    axes = "\n".join(f"| {name} | {'; '.join(values)} |" for name, values in AXES.items())
    n = sum(1 for _ in cases())
    return "\n".join([HEAD.format(n=f"{n:,}", axes=axes), *map(_table, AXES["policy"])])


def _table(policy: str) -> str:
    names = tuple(AXES)[1:]
    rows = [
        "| "
        + " | ".join(_cell(values, name) for values, name in zip(row, names, strict=True))
        + f" | **{result}** |"
        for row, result in _rows((policy,))
    ]
    head = f"| {' | '.join(names)} | then |\n|{'---|' * (len(names) + 1)}"
    return f"## `{policy}`\n\n{head}\n" + "\n".join(rows) + "\n"


def _cell(values: tuple[str, ...], name: str) -> str:
    return "any" if values == AXES[name] else "; ".join(values)


Rows = tuple[tuple[tuple[tuple[str, ...], ...], str], ...]


@cache
def _rows(chosen: Case) -> Rows:
    """Return rows of values and what they come to; values that make no difference share one."""
    if len(chosen) == len(AXES):
        return (((), outcome(chosen)),)
    name = list(AXES)[len(chosen)]
    alike: dict[Rows, list[str]] = {}
    for value in AXES[name]:
        alike.setdefault(_rows((*chosen, value)), []).append(value)
    return tuple(
        ((tuple(values), *row), result) for rows, values in alike.items() for row, result in rows
    )


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
