"""Run as a process of its own: appends events and tells on stdout which were acknowledged.

Arguments: the ledger's directory, and (if events are to be delivered) a JSONL file.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.samples import envelope


def main(directory: str, file: str | None = None) -> None:
    ledger = Ledger(Path(directory))
    delivery = None
    if file is not None:
        outlet = Outlet(JsonlSink("archive", {"path": file}))
        delivery = Delivery(ledger, [outlet], lambda: time.time_ns() // 10**6, random.random)
        delivery.start()
    waiting = []
    while True:
        events = [envelope(time_ms=1, data={"text": "x" * 300}) for _ in range(10)]
        waiting.append((events, ledger.append(events)))
        if len(waiting) < 3:  # so that the writer has several at a time
            continue
        acknowledged, future = waiting.pop(0)
        future.result()
        if delivery is not None:
            delivery.wake()
        sys.stdout.write("".join(event.id + "\n" for event in acknowledged))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
