"""What is told of how events were captured: under which modes and choices. It can only reduce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.events import MODES, Mode

__all__ = ["UNTOLD", "Captured"]


class Captured(NamedTuple):
    """How the events of a batch were captured, as far as their source tells.

    Attributes:
        modes: purpose → mode.
        chosen_ms: purpose → when the choice was made that held, in Unix milliseconds.
    """

    modes: Mapping[str, Mode] = {}
    chosen_ms: Mapping[str, int] = {}

    def lowered(
        self, records: Mapping[str, ConsentRecord], ended_ms: Mapping[str, int]
    ) -> Mapping[str, Mode]:
        """Return purpose → mode, for those under which less may be done than was chosen last.

        What was captured under another choice than the last is kept at most: between two choices
        to share may have been one not to. Of what is from before an *off*, nothing is kept.

        Args:
            records: purpose → the newest choice.
            ended_ms: purpose → when *off* was last chosen.
        """
        least: dict[str, Mode] = {}
        for name in self.modes.keys() | self.chosen_ms.keys():
            if name in records:
                mode = min(
                    self.modes.get(name, "on"),
                    self._under(records[name], ended_ms),
                    key=MODES.index,
                )
                if MODES.index(mode) < MODES.index(records[name].mode):
                    least[name] = mode
        return least

    def _under(self, newest: ConsentRecord, ended_ms: Mapping[str, int]) -> Mode:
        """Return what its time allows for what was captured under a choice."""
        chosen_ms = self.chosen_ms.get(newest.purpose, newest.at_ms)
        # Who kept to what was agreed before has made no other choice.
        if chosen_ms in (newest.at_ms, newest.chosen_ms or newest.at_ms):
            return "on"
        return "off" if chosen_ms <= ended_ms.get(newest.purpose, -1) else "local"


UNTOLD = Captured()
