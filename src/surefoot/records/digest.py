"""Canonical bytes and their SHA-256: the thread that ties prompt, answer, trace and release together."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


def canonical_json(value: Json) -> bytes:
    """The one spelling of a value: sorted keys, no spaces, UTF-8, never NaN.

    Raises ValueError for NaN and infinities, which JSON cannot say.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_bytes(content: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Json) -> str:
    """SHA-256 of a value's canonical JSON, as 64 lower-case hex digits."""
    return digest_bytes(canonical_json(value))
