"""Answers that come after a commit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from jupyter_eventlog.errors import EventLogError, LedgerFull

from .refused import Refused

__all__ = ["refused_for", "settled", "then"]

T = TypeVar("T")
R = TypeVar("R")


def refused_for(error: EventLogError) -> Refused:
    """Return how a failure of the ledger is told to a client, which may try again."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, LedgerFull):
        return Refused(
            "storage_full", "No room is left in this server's storage.", retry_after_s=60
        )
    return Refused(
        "storage_unavailable", "This server's storage cannot be used now.", retry_after_s=30
    )


def settled(value: T) -> Future[T]:
    """Return a future that is done."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def then(future: Future[T], convert: Callable[[T], R]) -> Future[R]:
    """Return a future of the converted result; a failure of the ledger becomes ``Refused``."""
    result: Future[R] = Future()

    def done(finished: Future[T]) -> None:
        try:
            result.set_result(convert(finished.result()))
        except EventLogError as error:
            result.set_exception(refused_for(error))
        except BaseException as error:  # noqa: BLE001 - it must not be lost in a callback
            result.set_exception(error)

    future.add_done_callback(done)
    return result
