"""Rows of a data set of ragas: `EvaluationDataset` and `Testset` as JSON Lines, JSON or CSV.

ragas is not needed to read them. The names of its versions before 0.2 are known too.
"""

import ast
import csv
import io
import re
from collections.abc import Mapping, Sequence

from surefoot.errors import InputError
from surefoot.evals.case_rows import LeftOut, Quote, Row, Rows, Talk, as_text, objects_of, talk_of
from surefoot.records.strict_json import shown

_FORM = "ragas"
_ASKED = ("user_input", "question")
_ANSWERED = ("reference", "ground_truth", "ground_truths")
_CONTEXTS = ("reference_contexts",)
# How a test set was made: worth keeping beside the case.
_MADE_BY = ("synthesizer_name", "persona_name", "query_style", "query_length", "evolution_type")
_TAKEN = frozenset((*_ASKED, *_ANSWERED, *_CONTEXTS, *_MADE_BY))
# What a multi-hop test set puts above each of its contexts.
_HOP = re.compile(r"^\s*<\d+-hop>\s*")


def read_ragas_rows(content: bytes, columns: Mapping[str, str]) -> Rows:
    """The samples of the file; `columns` may name others for the question and the reference."""
    asked = (columns["question"],) if "question" in columns else _ASKED
    answered = (columns["reference"],) if "reference" in columns else _ANSWERED
    for place, value in _samples(content):
        if isinstance(value, ValueError):
            yield LeftOut(place=place, reason=str(value))
        elif not isinstance(value, dict):
            yield LeftOut(place=place, reason=f"it is {shown(value)}, not a sample")
        else:
            yield _row(place, value, asked, answered)


def _samples(content: bytes) -> Sequence[tuple[str, object]]:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return [*objects_of(content.removeprefix(b"\xef\xbb\xbf"), _FORM, listed_under=("samples", "data"))]
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        rows: list[tuple[str, object]] = [
            (f"row {at}", {name: cell for name, cell in row.items() if name and cell})
            for at, row in enumerate(reader, 1)
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"this is no file of ragas: {error}", remedy="export it with to_jsonl or to_csv"
        ) from None
    if reader.fieldnames is None or not {*_ASKED} & {*reader.fieldnames}:
        raise InputError(
            f"this is no file of ragas: it has no column {' or '.join(map(repr, _ASKED))}",
            remedy="export it with to_jsonl or to_csv, or read it with --from csv and --map",
        )
    return rows


def _row(
    place: str, sample: Mapping[str, object], asked: Sequence[str], answered: Sequence[str]
) -> Row | LeftOut:
    try:
        talk = _talk(_first(sample, asked))
    except ValueError as error:
        return LeftOut(place=place, reason=f"its question cannot be taken: {error}")
    reference = _first(sample, answered)
    several = _listed(reference)
    contexts = [_HOP.sub("", text).strip() for text in _listed(_first(sample, _CONTEXTS)) or ()]
    taken = _TAKEN | {*asked, *answered}
    return Row(
        place=place,
        question=talk.question,
        history=talk.history,
        reference=(several[0] if several else as_text(reference)) or "",
        quotes=tuple(Quote(text=text) for text in contexts if text),
        origin={name: text for name in _MADE_BY if (text := as_text(sample.get(name)))},
        lost=(
            *talk.lost,
            *(("references beside the first",) if several and len(several) > 1 else ()),
            *(
                name
                for name, value in sample.items()
                if name not in taken and value not in (None, "", [], {})
            ),
        ),
    )


def _first(sample: Mapping[str, object], names: Sequence[str]) -> object:
    return next((sample[name] for name in names if sample.get(name) not in (None, "")), None)


def _talk(value: object) -> Talk:
    """A text is a question; a list is a conversation of messages, as ragas writes them."""
    messages = _literal(value) if isinstance(value, str) and value.lstrip().startswith("[{") else value
    if isinstance(messages, list):
        return talk_of(messages, role="type")
    return Talk(question=as_text(value) or "", history=())


def _listed(value: object) -> list[str] | None:
    """A list of texts, also as a cell of CSV holds it; None for anything else."""
    found = _literal(value) if isinstance(value, str) and value.lstrip().startswith("[") else value
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else None


def _literal(cell: str) -> object:
    """What a cell spells in Python's way, as pandas writes lists; else the cell itself."""
    try:
        value: object = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return cell
    return value
