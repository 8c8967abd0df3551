"""Long work on an event loop, in turns with all else that the loop has to do."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

__all__ = ["LONG_BYTES", "Turns"]

LONG_BYTES = 8 * 1024
"""What a body has from which on it is worth a turn: about 25 events, or half a millisecond."""

# Of the loop at what is ready, between two steps. Four could not be told from two by measuring.
_LOOKS = 2

T = TypeVar("T")


class Turns:
    """Lets the loop look after everybody else between any two steps, of whichever work they are.

    Without it, each of a dozen long batches that came together would do a step whenever another
    request was about to get on. One work comes to its end before the next begins: what a batch was
    read into is still at hand in the processor then. Whoever comes last waits for all before them;
    with a piece of each in turn, nearly all would wait that long.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()  # who has waited longest is the next

    async def take(self, steps: Generator[None, None, T]) -> T:
        """Return what the steps of one work come to, once they are done; raise what they raise."""
        async with self._turn:
            try:
                while True:
                    next(steps)
                    await _look_around()
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                await _look_around()


async def _look_around() -> None:
    for _ in range(_LOOKS):
        await asyncio.sleep(0)
