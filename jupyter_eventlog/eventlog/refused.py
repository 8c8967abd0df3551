"""How the event log says no: a code for programs, a sentence for people, never a value."""

from __future__ import annotations

from jupyter_eventlog.errors import EventLogError

__all__ = ["Refused"]


class Refused(EventLogError):
    """A call that changes nothing.

    Args:
        code: which rule it breaks, for programs; one of those in ``openapi.yaml``.
        message: one sentence for people; never holds anything of what was submitted.
        pointer: JSON pointer (RFC 6901) into what was submitted, where the reason lies.
        index: position in the submitted list, where it lies in one element.
        retry_after_s: seconds after which the same call may succeed, where it may.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        pointer: str = "",
        index: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.pointer = pointer
        self.index = index
        self.retry_after_s = retry_after_s
