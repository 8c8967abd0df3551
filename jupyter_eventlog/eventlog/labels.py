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
from typing import Final, NamedTuple

from jupyter_eventlog.events import Event

__all__ = ["LONGEST_MS", "SessionLabels"]

LONGEST_MS: Final = 4 * 3_600_000
"""How much time the events of one name may span, as they happened and as they were received."""

_MAX_SESSIONS: Final = 4096
_SALT_BYTES: Final = 16
_FIRST: Final = (0, 0)


class _Begun(NamedTuple):
    """When a session was first heard of, and what its other names are made with."""

    time_ms: int
    received_ms: int
    salt: bytes
    from_its_start: bool


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
        window = (
            (event.time_ms - begun.time_ms) // LONGEST_MS,
            (event.received_ms - begun.received_ms) // LONGEST_MS,
        )
        if window == _FIRST and begun.from_its_start:
            return event
        return event._replace(session=_label(begun.salt, event.session, window))

    def _known(self, owner: str, event: Event) -> _Begun:
        key = (owner, event.session)
        begun = self._begun.get(key)
        if begun is None:
            salt = secrets.token_bytes(_SALT_BYTES)
            begun = _Begun(event.time_ms, event.received_ms, salt, event.sequence == 0)
            self._begun[key] = begun
            if len(self._begun) > _MAX_SESSIONS:
                self._begun.popitem(last=False)
        else:
            self._begun.move_to_end(key)
        return begun


def _label(salt: bytes, session: str, window: tuple[int, int]) -> str:
    text = salt + f"{session} {window[0]} {window[1]}".encode()
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=4))
