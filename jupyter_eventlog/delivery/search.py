"""Finds the one event that a sink stumbles over, by handing on less and less of what waits."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Aim", "Search", "Step"]

Step = Literal["go_on", "wait", "guilty"]

_PATIENCE = 3  # failures of a batch before one of its events is suspected: most are the sink's own
_ALONE = 8  # failures of a suspect by itself; after so many backoffs it waited about half a minute


class Aim(NamedTuple):
    """What to hand on next: ``n`` events, after leaving out the first ``skip`` that wait."""

    skip: int
    n: int


class Search:
    """Decides how much of what waits is handed on, in the order in which it waits.

    All that waits is one line. A batch from its head that fails is halved, again and again: what
    is taken leaves the line, so that the event to blame comes to its head and is alone in the end.
    Whether it is to blame, or the sink, is told by another event: only if the sink takes that one,
    and right after it still not the suspect, the suspect is guilty. So a sink that refuses
    everything makes no event a dead letter. That other event is the only one that overtakes.

    Args:
        most: events in the largest batch.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = most
        self._window = 0  # events at the head among which the one to blame is
        self._proof = False  # that the sink took events since the search began
        self._failures = 0
        self._suspect: int | None = None
        self._alone = 0
        self._stage: Literal["flow", "probe", "last"] = "flow"
        self._reach = 1

    def aim(self) -> Aim:
        """What to hand on next."""
        if self._stage == "probe":
            return Aim(self._reach, 1)
        return Aim(0, self._size if self._suspect is None else 1)

    def went_well(self, n: int, taken: bool) -> None:
        """So many events left the line; ``taken``: the sink took at least one of them."""
        if self._stage == "probe":
            self._stage = "last" if taken else "probe"
            return
        self._clear_suspect()
        self._failures = 0
        self._proof = bool(self._window) and (self._proof or taken)
        self._window = max(0, self._window - n)
        self._size = max(1, self._window // 2) if self._window else self._most

    def put_off(self) -> None:
        """The sink asked for time: that tells nothing of any event, and makes old proof older."""
        if self._stage != "flow":
            self._ask_again()

    def nothing_to_probe(self) -> None:
        """No other event waits that could tell whether it is the sink's fault."""
        self._stage, self._reach = "last" if self._proof else "flow", 1

    def failed(self, n: int, head: int, refused: bool) -> Step:
        """A batch failed.

        Args:
            n: how many events it had.
            head: the first of them.
            refused: whether the receiver will never take it; else it may be anything.

        Returns:
            ``guilty`` if ``head`` is to blame, else whether to go on at once.
        """
        if self._stage == "probe":
            self._reach = self._reach * 2 if self._reach * 2 < self._most else 1
            self._ask_again()
            return "wait"
        self._proof = self._proof and bool(self._window)
        if n > 1:
            return self._halve(n, refused)
        if head != self._suspect:
            self._clear_suspect()
            self._suspect = head
        elif self._stage == "last":
            self._clear_suspect()
            self._window, self._size, self._proof = 0, self._most, False
            return "guilty"
        return self._blame(refused)

    def _halve(self, n: int, refused: bool) -> Step:
        self._failures += 1
        if refused or self._window or self._failures >= _PATIENCE:
            self._window, self._size = n, n // 2
        return "go_on" if refused else "wait"

    def _blame(self, refused: bool) -> Step:
        self._alone += 1
        if self._alone >= (1 if refused else _ALONE):
            self._stage = "probe"
        return "go_on" if refused and self._alone == 1 else "wait"

    def _ask_again(self) -> None:
        """The suspect by itself once more, then another probe."""
        self._stage, self._alone = "flow", 0

    def _clear_suspect(self) -> None:
        self._suspect, self._alone, self._stage, self._reach = None, 0, "flow", 1
