"""Read a length of time as people write it: 90m, 24h, 7d."""

import re
from datetime import timedelta

from surefoot.errors import InputError

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """A whole number and a unit: s, m, h, d or w; at most ten years. Raises InputError."""
    match = re.fullmatch(r"([0-9]{1,9})([smhdw])", text.strip())
    number, unit = (int(match[1]), _UNITS[match[2]]) if match else (0, _LONGEST)
    if number == 0 or number > _LONGEST / unit:
        raise InputError(
            f"{text!r} is no length of time",
            remedy="write a whole number and a unit, at most ten years: 90s, 90m, 24h, 7d or 4w",
        )
    return number * unit
