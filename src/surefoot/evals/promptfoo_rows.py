"""Rows of a configuration of promptfoo: its `tests`, or a file that is a list of tests. YAML or JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from surefoot.errors import InputError
from surefoot.evals.case_rows import LeftOut, Quote, Row, Rows, as_text, split_words
from surefoot.records.strict_json import shown

# What people call the variable that is asked.
_ASKED = ("question", "query", "input", "user_input", "message", "prompt", "text")
# Assertions whose value says what a right answer is, the plainest first.
_STATE_IT = ("equals", "factuality", "model-graded-factuality", "similar")
_IN_IT = ("contains", "icontains", "contains-all", "icontains-all")
_RUBRICS = ("llm-rubric", "model-graded-closedqa", "g-eval")
_KNOWN = frozenset(("vars", "assert", "description"))
_TEMPLATE = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}")
_FILE = "file://"


def read_promptfoo_rows(content: bytes, columns: Mapping[str, str]) -> Rows:
    """The tests of the file, each with what `defaultTest` adds. `columns` names by field a variable."""
    tests, usual = _tests(content)
    for at, test in enumerate(tests, 1):
        place = f"test {at}"
        if not isinstance(test, dict):
            yield LeftOut(place=place, reason=f"it is {shown(test)}: read the file of tests that it names")
        else:
            yield from _rows(place, {**usual, **test}, _merged(usual, test), columns)


def _tests(content: bytes) -> tuple[Sequence[object], Mapping[str, object]]:
    try:
        value = yaml.safe_load(content.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(
            f"this is no file of promptfoo: {_fault(error)}", remedy="mend it there; it is YAML in UTF-8"
        ) from None
    if isinstance(value, list):
        return value, {}
    if not isinstance(value, dict) or not isinstance(value.get("tests"), list):
        elsewhere = value.get("tests") if isinstance(value, dict) else None
        named = f"its tests are {shown(elsewhere)}" if elsewhere else "it has no list 'tests'"
        raise InputError(
            f"this file of promptfoo holds no tests: {named}",
            remedy="name the file that has them; one of CSV is read with --from csv and --map",
        )
    usual = value.get("defaultTest")
    return value["tests"], usual if isinstance(usual, dict) else {}


def _fault(error: Exception) -> str:
    """What is wrong with the YAML, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return (str(error) or type(error).__name__).splitlines()[0]


def _merged(usual: Mapping[str, object], test: Mapping[str, object]) -> dict[str, object]:
    """The variables of a test, over those of every test."""
    both = (one.get("vars") for one in (usual, test))
    return {str(name): value for one in both if isinstance(one, dict) for name, value in one.items()}


def _rows(
    place: str, test: Mapping[str, object], variables: Mapping[str, object], columns: Mapping[str, str]
) -> Rows:
    name = columns.get("question") or _asked(variables)
    if name is None or name not in variables:
        names = ", ".join(map(repr, variables)) or "none"
        reason = f"no variable is plainly what is asked, of {names}: say which with --map question=VARIABLE"
        yield LeftOut(place=place, reason=reason)
        return
    lists = [other for other, value in variables.items() if isinstance(value, list) and other != name]
    if lists:
        reason = (
            f"its variable {lists[0]!r} is a list, which makes several tests of one: write each by itself"
        )
        yield LeftOut(place=place, reason=reason)
        return
    asked = variables[name]
    each = asked if isinstance(asked, list) else [asked]
    for at, question in enumerate(each, 1):
        where = f"{place}, {name} {at}" if len(each) > 1 else place
        yield _row(where, test, {**variables, name: question}, name, columns)


def _row(
    place: str,
    test: Mapping[str, object],
    variables: Mapping[str, object],
    name: str,
    columns: Mapping[str, str],
) -> Row | LeftOut:
    texts = {other: text for other, value in variables.items() if (text := as_text(value))}
    question = texts.get(name, "")
    if question.startswith(_FILE):
        return LeftOut(place=place, reason=f"its question is in another file, {question!r}")
    said = {field: texts.get(other, "") for field, other in columns.items()}
    reference, notes, lost = _reference([*_asserts(test.get("assert"))], texts)
    description = as_text(test.get("description")) or ""
    used = {name, *columns.values()}
    quote, source = said.get("quote", ""), said.get("source", "")
    return Row(
        place=place,
        question=_filled(question, texts),
        reference=said.get("reference") or reference,
        quotes=(Quote(text=quote, source=source),) if quote else (),
        id=said.get("id", ""),
        kind=said.get("kind", ""),
        cluster=said.get("cluster", ""),
        tags=split_words(said.get("tags", "")),
        split=said.get("split", ""),
        origin={"description": description} if description else {},
        notes=() if said.get("reference") else notes,
        lost=(
            *lost,
            *(f"variable {other}" for other in variables if other not in used),
            *(str(key) for key in test if key not in _KNOWN),
        ),
    )


def _asked(variables: Mapping[str, object]) -> str | None:
    """The variable that is called as questions are, or the only one."""
    named = next((name for name in _ASKED if name in variables), None)
    return named or (next(iter(variables)) if len(variables) == 1 else None)


def _asserts(value: object) -> Iterator[Mapping[str, object]]:
    """Every assertion, those of sets too."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and isinstance(one.get("assert"), list):
            yield from _asserts(one["assert"])
        elif isinstance(one, dict):
            yield one


def _reference(
    asserts: Sequence[Mapping[str, object]], texts: Mapping[str, str]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The reference that assertions say, what to look at in it, and the assertions that it does not hold."""
    kinds = [as_text(one.get("type")) or "?" for one in asserts]
    for wanted, note in (
        (_STATE_IT, ""),
        (_IN_IT, "its reference is what an answer must contain: write it as an answer"),
        (_RUBRICS, "its reference is a rubric for a judge: write the answer that the rubric asks for"),
    ):
        found = [at for at, kind in enumerate(kinds) if kind in wanted and _words(asserts[at], texts)]
        if wanted == _STATE_IT:
            found = sorted(found, key=lambda at: _STATE_IT.index(kinds[at]))[:1]
        if found:
            lost = tuple(f"assertion {kind}" for at, kind in enumerate(kinds) if at not in found)
            words = [word for at in found for word in _words(asserts[at], texts)]
            return "; ".join(dict.fromkeys(words)), (note,) if note else (), lost
    return "", (), tuple(f"assertion {kind}" for kind in kinds)


def _words(one: Mapping[str, object], texts: Mapping[str, str]) -> list[str]:
    """What an assertion compares with; nothing where that is in another file."""
    value = one.get("value")
    values = value if isinstance(value, list) else [value]
    found = [_filled(text, texts) for each in values if (text := as_text(each))]
    return [text for text in found if not text.startswith(_FILE)]


def _filled(text: str, texts: Mapping[str, str]) -> str:
    """The text with the variables that it names in it."""
    return _TEMPLATE.sub(lambda found: texts.get(found[1], found[0]), text)
