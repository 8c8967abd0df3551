"""Stand-ins that a test can steer: a sink that does as it is told, a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from jupyter_eventlog.events import Envelope
from jupyter_eventlog.sinks import Delivered, Sink, Verdict


class FakeSink(Sink):
    """Remembers what it got; ``answer`` decides, and may raise or block."""

    type: ClassVar[str] = "fake"
    can_erase: ClassVar[bool] = True
    options_schema: ClassVar[Mapping[str, Any]] = {"type": "object", "additionalProperties": False}

    def __init__(self, name: str = "archive") -> None:
        super().__init__(name, {})
        self.calls: list[str] = []
        self.batches: list[list[str]] = []
        self.got: list[str] = []
        self.erased: list[str] = []
        self.answer: Callable[[Sequence[Envelope]], Any] = lambda batch: [Delivered()] * len(batch)
        self.on_open: Callable[[], None] = lambda: None
        self.on_erase: Callable[[], None] = lambda: None

    def open(self) -> None:
        self.calls.append("open")
        self.on_open()

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        self.calls.append("write")
        self.batches.append([envelope.id for envelope in batch])
        verdicts: Sequence[Verdict] = self.answer(batch)
        if isinstance(verdicts, list):
            pairs = zip(batch, verdicts, strict=False)
            self.got += [envelope.id for envelope, verdict in pairs if verdict == Delivered()]
        return verdicts

    def erase(self, ids: Sequence[str]) -> None:
        self.calls.append("erase")
        self.on_erase()
        self.erased += ids

    def close(self) -> None:
        self.calls.append("close")


class Clock:
    """Unix milliseconds; moves only when told to."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms
