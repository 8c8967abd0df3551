"""The answer to a batch: every submitted event is in it exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from jupyter_eventlog.events import Dropped, Envelope
from jupyter_eventlog.ledger import Appended

__all__ = ["answer"]


def answer(
    envelopes: Sequence[Envelope],
    appended: Sequence[Appended],
    dropped: Sequence[Dropped],
    malformed: Sequence[tuple[int, Dropped]],
    refusals: Counter[str],
) -> dict[str, Any]:
    """Return counts and refusals, without a value of any event, and count the refusals.

    Args:
        envelopes: what was handed to the ledger.
        appended: what the ledger made of each.
        dropped: what the pipeline refused.
        malformed: position in the batch and reason, for what is no event at all.
        refusals: the running count by code.
    """
    # Mostly all is well, and then nothing has to be looked for.
    accepted, duplicates = appended.count("accepted"), appended.count("duplicate")
    if accepted + duplicates == len(appended) and not dropped and not malformed:
        return {"accepted": accepted, "duplicates": duplicates, "rejected": []}
    conflicts = [
        Dropped(envelope.id, "conflict", "/id")
        for envelope, result in zip(envelopes, appended, strict=True)
        if result == "conflict"
    ]
    late = [
        Dropped(envelope.id, "not_consented", "/schema")
        for envelope, result in zip(envelopes, appended, strict=True)
        if result == "refused"
    ]
    rejected = [
        *({**_refusal(drop), "index": index} for index, drop in malformed),
        *map(_refusal, dropped),
        *map(_refusal, conflicts),
        *map(_refusal, late),
    ]
    refusals.update(refusal["code"] for refusal in rejected)
    return {"accepted": accepted, "duplicates": duplicates, "rejected": rejected}


def _refusal(drop: Dropped) -> dict[str, Any]:
    refusal = {"id": drop.id, "code": drop.code, "pointer": drop.pointer}
    return {**refusal, "keyword": drop.keyword} if drop.keyword else refusal
