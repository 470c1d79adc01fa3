"""Nested plain data as bytes in the index, and back."""

from __future__ import annotations

import json
import math
import sqlite3
from typing import Any, Final

import orjson

__all__ = ["decode", "encode"]

_BY_JSON: Final = b" "
"""What begins so was written by the slower encoder, which knows NaN, infinities and integers of any size."""


def encode(content: Any) -> bytes:
    """Return plain data as bytes."""
    try:
        encoded = orjson.dumps(content)
        if b"null" not in encoded or not _has_none_of_json([content]):  # it has no NaN and writes null
            return encoded
    except TypeError:  # integers of more than 64 bits, lone surrogates, values of other kinds
        pass
    return _BY_JSON + json.dumps(content, default=str).encode()


def decode(encoded: bytes) -> Any:
    """Return what was encoded.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    try:
        return json.loads(encoded) if encoded.startswith(_BY_JSON) else orjson.loads(encoded)
    except (ValueError, AttributeError) as error:
        raise sqlite3.DatabaseError(f"a document is damaged: {error}") from error


def _has_none_of_json(content: Any) -> bool:
    """Say whether there is a number that JSON does not have."""
    for value in content.values() if isinstance(content, dict) else content:
        if isinstance(value, float):
            if not math.isfinite(value):
                return True
        elif isinstance(value, (dict, list, tuple)) and _has_none_of_json(value):
            return True
    return False
