"""Cases written: one line each, added at the end of a file that is swapped in whole."""

import fcntl
import json
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import InputError
from surefoot.evals.case_reading import KEYS, read_case
from surefoot.evals.cases import load_cases
from surefoot.files import replace_file
from surefoot.records import Case, Fact, Json
from surefoot.records.encoding import plain

LONGEST_ID_WORDS = 8
LONGEST_ID = 60

# Of the cases that are there, those to add. It may raise to add none.
Choose = Callable[[tuple[Case, ...]], Sequence[Case]]


def case_line(case: Case) -> bytes:
    """The case as a line, its end included: keys in the order of the reference, empty ones left out."""
    values = plain(case)
    assert isinstance(values, dict)  # noqa: S101 - a record with fields
    values["facts"] = facts_form(case.facts)
    if case.accepted:
        del values["status"]
    kept = {key: values[key] for key in KEYS if values.get(key)}
    return json.dumps(kept, ensure_ascii=False).encode() + b"\n"


def facts_form(facts: Sequence[Fact]) -> list[Json]:
    """Facts as they are written."""
    return [[{"source": place.source, "quote": place.quote} for place in fact.places] for fact in facts]


def drafted(values: Mapping[str, Json], where: str) -> Case:
    """The case of these keys, empty ones left out, read as its line would be. Raises SettingsError."""
    return read_case(json.dumps({key: value for key, value in values.items() if value}).encode(), where)


def add_cases(file: Path, choose: Choose) -> tuple[Case, ...]:
    """Add the chosen cases to the file, which is made where it is not there, and return them.

    What is there stays as it is, byte for byte, and nobody else adds to it meanwhile. Raises what reading the
    file raises, and InputError where it cannot be written.
    """
    try:
        with _alone(file.parent):
            before = file.read_bytes() if file.exists() else b""
            added = tuple(choose(load_cases(file) if before.strip() else ()))
            if added:
                if before and not before.endswith(b"\n"):
                    before += b"\n"
                mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
                replace_file(file, before + b"".join(map(case_line, added)), mode=mode)
    except OSError as error:
        raise InputError(
            f"{file} cannot be written: {error.strerror}", remedy="let this user write there"
        ) from error
    return added


def free_id(words: str, taken: Collection[str]) -> str:
    """An id made of the first words of a text, with a number where that is taken."""
    plain_words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", plain_words)
    name = "-".join(found[:LONGEST_ID_WORDS])[:LONGEST_ID].strip("-") or "case"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else adds cases in the folder."""
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
