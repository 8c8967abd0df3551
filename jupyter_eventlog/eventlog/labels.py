"""What a session is called: as its source calls it, and otherwise once it has lasted too long.

Nobody is followed for longer than four hours by the name of a session. A browser takes a new one by
itself; whatever does not is given new names here, and loses nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from jupyter_eventlog.events import Event

__all__ = ["LONGEST_MS", "SessionLabels"]

LONGEST_MS: Final = 4 * 3_600_000
"""How much time the events of one name may span, as they happened and as they were received."""

_MAX_SESSIONS: Final = 4096
_SALT_BYTES: Final = 16
_FIRST: Final = (0, 0)


class _Windows:
    """Four hours each; the first begins with the earliest event, while all fit into it.

    A later batch may tell of what was earlier: what waited while its client's clock went on, or
    what arrived faster than the batch before it.
    """

    __slots__ = ("_first_ms", "_last_ms", "_settled")

    def __init__(self, at_ms: int) -> None:
        self._first_ms = self._last_ms = at_ms
        self._settled = False

    def number(self, at_ms: int) -> int:
        """Return the number of the window that a time lies in; those before the first are < 0."""
        if at_ms >= self._first_ms:
            if at_ms <= self._last_ms:
                return 0
            if not self._settled and at_ms - self._first_ms < LONGEST_MS:
                self._last_ms = at_ms
                return 0
        elif not self._settled and self._last_ms - at_ms < LONGEST_MS:
            self._first_ms = at_ms
            return 0
        self._settled = True
        return (at_ms - self._first_ms) // LONGEST_MS


class _Begun:
    """What was heard of a session, and what its other names are made with."""

    __slots__ = ("from_its_start", "happened", "received", "salt")

    def __init__(self, event: Event) -> None:
        self.happened = _Windows(event.time_ms)
        self.received = _Windows(event.received_ms)
        self.salt = b""  # made when it is needed: most sessions have one name only
        self.from_its_start = event.sequence == 0


class SessionLabels:
    """Remembers when sessions began; bounded, and forgotten with the process.

    A session that did not begin under our eyes may have lasted for any time: after a restart, or
    once it was forgotten because of too many others, it has another name. Names are random, so
    that nobody can tell that two of them were one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: OrderedDict[tuple[str, str], _Begun] = OrderedDict()

    def told(self, owner: str, events: Sequence[Event]) -> Sequence[Event]:
        """Return events of an owner as they are, or under other names of their sessions."""
        with self._lock:
            return [self._told(owner, event) for event in events]

    def _told(self, owner: str, event: Event) -> Event:
        begun = self._known(owner, event)
        window = begun.happened.number(event.time_ms), begun.received.number(event.received_ms)
        if window == _FIRST and begun.from_its_start:
            return event
        begun.salt = begun.salt or secrets.token_bytes(_SALT_BYTES)
        return event._replace(session=_label(begun.salt, event.session, window))

    def _known(self, owner: str, event: Event) -> _Begun:
        key = (owner, event.session)
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = _Begun(event)
            if len(self._begun) > _MAX_SESSIONS:
                self._begun.popitem(last=False)
        else:
            self._begun.move_to_end(key)
        return begun


def _label(salt: bytes, session: str, window: tuple[int, int]) -> str:
    text = salt + f"{session} {window[0]} {window[1]}".encode()
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=4))
