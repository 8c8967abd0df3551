"""Run as a process of its own: writes, rotates, compresses and erases, and tells what is done.

Argument: the file. A line on stdout is an event id after ``+`` (taken), ``?`` (to erase) or ``-``.
"""

from __future__ import annotations

import itertools
import random
import sys
from pathlib import Path

from jupyter_eventlog.sinks import Delivered
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.samples import envelope

OPTIONS = {"rotate_bytes": 20_000, "compress": True, "min_free_bytes": 0}


def main(path: str) -> None:
    sink = JsonlSink("archive", {"path": path, **OPTIONS})
    sink.open()
    rnd = random.Random()
    mine: list[str] = []
    for n in itertools.count():
        batch = [envelope(data={"text": "x" * rnd.randrange(2000)}) for _ in range(5)]
        while sink.write(batch) != [Delivered()] * 5:
            pass
        mine += [event.id for event in batch]
        _tell("+", [event.id for event in batch])
        if n % 10 == 0:
            doomed = rnd.sample(mine, 3)
            mine = [id_ for id_ in mine if id_ not in doomed]
            _tell("?", doomed)
            sink.erase(doomed)
            _tell("-", doomed)


def _tell(sign: str, ids: list[str]) -> None:
    sys.stdout.write("".join(f"{sign}{id_}\n" for id_ in ids))
    sys.stdout.flush()


if __name__ == "__main__":
    main(str(Path(sys.argv[1])))
