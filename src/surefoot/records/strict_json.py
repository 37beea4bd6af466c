"""JSON that strangers may have written: read whole and strictly, or refused with a reason in plain words."""

import json
from collections.abc import Sequence
from typing import NoReturn


def parse(content: bytes) -> object:
    """The value that the bytes spell. ValueError says what is wrong, whatever the bytes are.

    Refused are, beside what is no JSON in UTF-8: a key given twice, NaN and infinities, nesting too deep to
    read, and halves of characters (lone surrogates), which no file can hold.
    """
    try:
        value: object = json.loads(
            content.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_refuse_constant
        )
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half a character (a lone surrogate such as \\ud800)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return value


def shown(value: object) -> str:
    """A value as an error quotes it: in one line, and cut to what a message can carry."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def _each_key_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {shown(key)} is given twice")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
