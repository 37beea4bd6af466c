"""A case as a JSON Schema, for editors that complete and check what is typed.

What a line of `cases.jsonl` must be, this says. What needs more than the line is left to loading and lint:
that no other case has its id or its question, that a document holds its quotes.
"""

import json
from collections.abc import Mapping

from surefoot.evals.canaries import CANARY
from surefoot.evals.case_reading import (
    FEWEST_FACTS,
    ID,
    KINDS,
    LONGEST_ORIGIN,
    MOST_ENTRIES,
    MOST_FACTS,
    MOST_ORIGINS,
    MOST_PLACES,
    ROLES,
    STATUSES,
)
from surefoot.records import Json

TITLE = "A case of an evaluation suite of surefoot"

_NOT_BLANK = r"\S"
_KINDS_SAID = {
    "single": "One passage answers it.",
    "several": "Several passages are needed together.",
    "misleading": "A superseded or look-alike passage misleads.",
    "unanswerable": "The documents are silent.",
}
_STATUSES_SAID = {
    "accepted": "It decides.",
    "proposed": "It takes no part in runs and gates until somebody accepts it; it may have no facts yet.",
}


def case_schema() -> dict[str, Json]:
    """The schema, as plain values; it refers to nothing outside of itself."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": "One line of the file evals/<suite>/cases.jsonl.",
        **_object(
            {
                "id": _said("Its name in reports, once in the file.", type="string", pattern=f"^(?:{ID})$"),
                "kind": _one_of("What makes it hard.", {kind: _KINDS_SAID[kind] for kind in KINDS}),
                "cluster": _text(
                    "The group of cases whose outcomes hang together, such as those about one document."
                ),
                "question": _text("What is asked."),
                "reference": _text("A right answer; of an unanswerable case, that the documents do not say."),
                "facts": _facts(),
                "tags": _texts("Words for your own use."),
                "history": _history(),
                "groups": _texts("The groups of the reader who asks, for documents that are kept to some."),
                "planted": _said(
                    f"The text of a hostile passage that is shown too. It asks for the word {CANARY}.",
                    type="string",
                    pattern=CANARY.replace("{", r"\{").replace("}", r"\}"),
                ),
                "split": _text("The part it belongs to, such as calibration or test."),
                "provenance": _provenance(),
                "status": _one_of(
                    "Whether it decides.", {status: _STATUSES_SAID[status] for status in STATUSES}
                ),
            },
            required=("id", "kind", "cluster", "question", "reference"),
        ),
        "allOf": [_facts_of(kind, fewest) for kind, fewest in FEWEST_FACTS.items()],
    }


def case_schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(case_schema(), indent=2, ensure_ascii=False) + "\n"


def _facts() -> Json:
    place = _object(
        {
            "source": _text("The document's name, as answers cite it."),
            "quote": _text("Text of the document, word for word; only white space may differ."),
        },
        required=("source", "quote"),
    )
    places = _said(
        "A fact: the places that state it. Any one of them is enough.",
        type="array",
        minItems=1,
        maxItems=MOST_PLACES,
        uniqueItems=True,
        items=place,
    )
    return _said(
        "What the answer needs, all of it. An unanswerable case has none.",
        type="array",
        maxItems=MOST_FACTS,
        uniqueItems=True,
        items=places,
    )


def _facts_of(kind: str, fewest: int) -> Json:
    """How many facts a case of that kind has: an accepted one, for a proposed one may have none yet."""
    is_kind: Json = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
    if not fewest:
        return {"if": is_kind, "then": {"properties": {"facts": {"maxItems": 0}}}}
    is_proposed: Json = {"properties": {"status": {"const": "proposed"}}, "required": ["status"]}
    enough: Json = {"properties": {"facts": {"minItems": fewest}}, "required": ["facts"]}
    return {"if": is_kind, "then": {"anyOf": [is_proposed, enough]}}


def _history() -> Json:
    turn = _object(
        {
            "role": _said("Who said it.", enum=[*ROLES]),
            "content": _text("What was said."),
        },
        required=("role", "content"),
    )
    return _said("Earlier turns, oldest first.", type="array", maxItems=MOST_ENTRIES, items=turn)


def _provenance() -> Json:
    text: Json = {"type": "string", "pattern": _NOT_BLANK, "maxLength": LONGEST_ORIGIN}
    named: Json = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MOST_ORIGINS,
        "propertyNames": {"pattern": _NOT_BLANK},
        "additionalProperties": text,
    }
    return _said(
        "Where the case came from: in words, or texts by name. It changes no digest.", anyOf=[text, named]
    )


def _one_of(description: str, values: Mapping[str, str]) -> Json:
    """Values that an editor explains one by one."""
    return _said(description, oneOf=[{"const": value, "description": said} for value, said in values.items()])


def _texts(description: str) -> Json:
    items: Json = {"type": "string", "pattern": _NOT_BLANK}
    return _said(description, type="array", maxItems=MOST_ENTRIES, items=items)


def _text(description: str) -> Json:
    return _said(description, type="string", pattern=_NOT_BLANK)


def _object(properties: Mapping[str, Json], *, required: tuple[str, ...]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*required],
        "additionalProperties": False,
    }


def _said(description: str, **keywords: Json) -> dict[str, Json]:
    return {"description": description, **keywords}
