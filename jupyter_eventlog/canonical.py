"""One byte form for one value, so that hashes, comparisons and stored envelopes agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

__all__ = ["canonical"]

# Passing through means refusing: what is not plain JSON was not meant to be written.
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys, without spaces or a line end, in UTF-8.

    Raises:
        TypeError: if the value holds anything but JSON types, mappings and tuples.
    """
    return orjson.dumps(value, _plain, _OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")
