"""The rows of other tools' files, short to ask for."""

import json
from collections.abc import Mapping

import pytest

from surefoot.errors import InputError
from surefoot.evals.case_rows import LeftOut, ReadRows, Row
from surefoot.evals.csv_rows import read_csv_rows
from surefoot.evals.langfuse_rows import read_langfuse_rows
from surefoot.evals.promptfoo_rows import read_promptfoo_rows
from surefoot.evals.ragas_rows import read_ragas_rows

READERS: Mapping[str, ReadRows] = {
    "csv": read_csv_rows,
    "ragas": read_ragas_rows,
    "promptfoo": read_promptfoo_rows,
    "langfuse": read_langfuse_rows,
}


def rows(form: str, content: str | bytes, **columns: str) -> list[Row | LeftOut]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [*READERS[form](raw, columns)]


def row(form: str, content: str | bytes, **columns: str) -> Row:
    (one,) = rows(form, content, **columns)
    assert isinstance(one, Row), one
    return one


def reason(form: str, content: str | bytes, **columns: str) -> str:
    (one,) = rows(form, content, **columns)
    assert isinstance(one, LeftOut), one
    return one.reason


def refusal(form: str, content: str | bytes, **columns: str) -> str:
    with pytest.raises(InputError) as caught:
        rows(form, content, **columns)
    assert caught.value.remedy
    return caught.value.message


def jsonl(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)
