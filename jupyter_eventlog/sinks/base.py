"""What a sink is, what it answers, and how third parties' types of sinks are found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import islice
from typing import Any, ClassVar

from jupyter_eventlog.errors import shortened
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger.rows import Notice

__all__ = ["ENTRY_POINT_GROUP", "Delivered", "Reject", "Retry", "Sink", "Verdict", "load_types"]

ENTRY_POINT_GROUP = "jupyter_eventlog.sinks"
_PACKAGE = "jupyter-eventlog"
_MAX_LINE = 160


@dataclass(frozen=True, slots=True)
class Delivered:
    """The envelope is where it should be, as durably as this sink can make it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: try this envelope again.

    Attributes:
        reason: a short code; never a value of an event, a path or a secret.
        after_s: not before so many seconds, where the receiver said so.
    """

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Never: the receiver will not take this envelope; it becomes a dead letter."""

    reason: str


Verdict = Delivered | Retry | Reject


class Sink(ABC):
    """One place that envelopes are forwarded to, declared by the operator.

    Each sink lives on a thread of its own: ``open``, ``write``, ``erase``, ``tend`` and ``close``
    are called there, one at a time, and may block without harming anything else. ``check`` and
    ``render`` may be called from any thread at any time, before ``open`` too.

    Class attributes:
        type: the name operators write; equal to the name of its entry point.
        options_schema: closed JSON Schema (``additionalProperties: false``) of its own options.
        can_erase: whether ``erase`` makes the receiver forget; see ``why_not_erase`` where that
            depends on the options.
        media_type: what ``render`` returns.

    Attributes:
        retention_ms: how long its recipient keeps events, as the operator declares it; set before
            ``check``. ``None`` where that is not known.
    """

    type: ClassVar[str]
    options_schema: ClassVar[Mapping[str, Any]]
    can_erase: ClassVar[bool] = False
    media_type: ClassVar[str] = "application/cloudevents+json"

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        """Remember the options, which already fulfil ``options_schema``; touch nothing else."""
        self.name = name
        self.options = options
        self.retention_ms: int | None = None

    def check(self, setting: str) -> None:  # noqa: B027  (a sink without a doubt overrides nothing)
        """Say before the start whether this can work; touch nothing.

        Args:
            setting: full name of this sink's entry, e.g. ``EventLogApp.sinks[0]``.

        Raises:
            ConfigError: names ``f"{setting}.<option>"``, its value and the fix.
        """

    @abstractmethod
    def open(self) -> None:
        """Make ready to write; called again after it failed.

        Raises:
            SinkError: why not; delivery waits and tries again.
        """

    @abstractmethod
    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        """Hand the envelopes on; exactly one verdict for each, in their order.

        A sink that stops in the middle answers ``Retry`` for all that is left: it is tried again
        from there, in the same order. What is put off between others that were taken waits for a
        time of its own, and later events overtake it.

        Raises:
            BatchRefused: one of them will never be taken, and the receiver does not say which:
                it is looked for at once.
            Exception: nothing is known to have been taken. All of them are tried again; where
                that goes on, the one that the sink stumbles over is looked for.
        """

    def render(self, envelope_body: bytes) -> bytes:
        """Exactly what the receiver gets for this body; pure, as the panel shows it too."""
        return envelope_body

    def why_not_erase(self) -> str:
        """What to write instead where this sink cannot be asked to erase, else empty."""
        if self.can_erase:
            return ""
        return f"write False, a sink of type {self.type!r} cannot make its receiver forget"

    def erase(self, ids: Sequence[str]) -> None:
        """Make the receiver forget these event ids; returning is the confirmation.

        Raises:
            Exception: not erased (or not surely); asked again later.
        """
        raise NotImplementedError(f"sink type {self.type} cannot erase")

    @property
    def wants_notices(self) -> bool:
        """Whether the receiver is told of withdrawals; known from the options alone."""
        return False

    def notify(self, notices: Sequence[Notice]) -> None:
        """Tell the receiver of withdrawals; returning is the confirmation.

        Raises:
            Exception: not told (or not surely); told again later.
        """
        raise NotImplementedError(f"sink type {self.type} takes no notices")

    def tend(self) -> None:  # noqa: B027  (most sinks keep nothing)
        """Do what has to be done from time to time; called every few minutes, open or not.

        Raises:
            Exception: not now; called again later.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; never called while another call runs."""


def load_types(named: Collection[object] = ()) -> tuple[Mapping[str, type[Sink]], list[str]]:
    """All installed types of sinks by name, and one line for each plugin that was skipped.

    A plugin that cannot be imported, or is no sink, harms no other one.

    Args:
        named: the types that are asked for. If all of them are ours, they are all that is returned:
            to look for plugins takes as long as all else that a server starts with of ours.
    """
    types: dict[str, type[Sink]] = {}
    problems: list[str] = []
    for entry_point in _ours(named) or _ours_first(metadata.entry_points(group=ENTRY_POINT_GROUP)):
        try:
            found = entry_point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may fail in any way)
            problem = f"it could not be imported ({_one_line(error)})"
        else:
            problem = _problem(entry_point.name, found, types)
            if not problem:
                types[entry_point.name] = found
        if problem:
            problems.append(
                f"sink plugin {entry_point.name!r} of {_origin(entry_point)} was skipped: {problem}"
            )
    return types, problems


def _problem(name: str, found: object, known: Mapping[str, type[Sink]]) -> str:
    """Why what a plugin offers is not a usable type of sink, else empty."""
    if not (isinstance(found, type) and issubclass(found, Sink)):
        return "it is not a subclass of jupyter_eventlog.sinks.Sink"
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        return f"it does not define {', '.join(missing)}"
    if getattr(found, "type", None) != name:
        return f"its type is {getattr(found, 'type', None)!r}, not the name of its entry point"
    if name in known:
        return f"the type {name!r} is already taken by {known[name].__module__}"
    schema = getattr(found, "options_schema", None)
    if not isinstance(schema, Mapping) or schema.get("additionalProperties") is not False:
        return "its options_schema is not a closed JSON Schema (additionalProperties: false)"
    return ""


def _ours(named: Collection[object]) -> list[metadata.EntryPoint]:
    """Where the named types are; empty unless all of them are ours."""
    found = [
        entry_point
        for distribution in islice(metadata.distributions(name=_PACKAGE), 1)
        for entry_point in distribution.entry_points.select(group=ENTRY_POINT_GROUP)
        if entry_point.name in named
    ]
    ours = [entry_point.name for entry_point in found]
    return found if all(name in ours for name in named) else []


def _ours_first(entry_points: Iterable[metadata.EntryPoint]) -> list[metadata.EntryPoint]:
    """In a stable order, so that nobody else can take the name of a type that we ship."""
    return sorted(
        entry_points,
        key=lambda ep: (not ep.value.startswith("jupyter_eventlog."), ep.name, ep.value),
    )


def _origin(entry_point: metadata.EntryPoint) -> str:
    distribution = entry_point.dist
    return distribution.name if distribution else entry_point.value


def _one_line(error: BaseException) -> str:
    return shortened(" ".join(f"{type(error).__name__}: {error}".split()), _MAX_LINE)
