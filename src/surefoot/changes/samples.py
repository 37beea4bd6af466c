"""Variables to render a prompt with, from the cases of its suites and from what it declares itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.prompts import Prompt, Variable
from surefoot.records import Case, Json, Message, Passage

MOST_SAMPLES = 3
ABSTENTION = "The documents do not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One way to fill a prompt's variables. `name` is `<suite>/<case>`, or `example <n>`.

    The passages of a case are the quotes that its reference rests on: no index is needed, and the same
    sample is rendered on every machine.
    """

    name: str
    number: int
    values: Mapping[str, object]
    history: tuple[Message, ...] = ()

    def variables_of(self, prompt: Prompt) -> dict[str, object]:
        """A value for every variable that the prompt declares, and for no other."""
        return {
            variable.name: self.values.get(variable.name, _example(variable, self.number))
            for variable in prompt.variables
            if variable.name in self.values or variable.required
        }


def sample_of(suite: str, case: Case, number: int, *, abstention: str) -> Sample:
    """A case as an app would ask it."""
    return Sample(
        name=f"{suite}/{case.id}",
        number=number,
        values={"question": case.question, "passages": _passages(case), "abstention": abstention},
        history=case.history,
    )


def examples() -> tuple[Sample, ...]:
    """Two samples for a prompt that no suite guards: what its variables declare as examples, or stand-ins."""
    return tuple(Sample(name=f"example {number + 1}", number=number, values={}) for number in range(2))


def another(sample: Sample) -> Sample:
    """A request of another caller to the same app: what the app itself says stays, all else is another's."""
    kept = {name: value for name, value in sample.values.items() if name == "abstention"}
    return Sample(name="another request", number=sample.number + 1, values=kept)


def chosen(cases: Sequence[tuple[str, Case]]) -> tuple[tuple[str, Case], ...]:
    """A few cases that show the most: of each kind the first, then those that come first."""
    kinds = {case.kind: (suite, case) for suite, case in reversed(cases)}
    picked = list(kinds.values())
    rest = [pair for pair in cases if pair not in picked]
    order = [pair for pair in cases if pair in picked] + rest
    return tuple(order[:MOST_SAMPLES])


def _passages(case: Case) -> tuple[Passage, ...]:
    places = [fact.places[0] for fact in case.facts]
    return tuple(
        Passage(id="", source=place.source, start=0, end=len(place.quote), text=place.quote)
        for place in places
    )


def _example(variable: Variable, number: int) -> object:
    """What the variable declares as an example; else a value that fits its schema and names it."""
    if variable.kind == "passages":
        text = f"(passage {number + 1})"
        return (Passage(id="", source="example.md", start=0, end=len(text), text=text),)
    return stand_in(variable.schema, f"({variable.name} {number + 1})")


def stand_in(schema: Mapping[str, Json], word: str) -> Json:
    """A value of a schema's type, made of a word: the first of its examples or choices where it has some."""
    for key in ("examples", "enum"):
        listed = schema.get(key)
        if isinstance(listed, Sequence) and not isinstance(listed, str) and listed:
            return listed[0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [_inner(schema.get("items"), word)]
        case "object":
            inner = schema.get("properties")
            names = inner if isinstance(inner, Mapping) else {}
            return {name: _inner(part, f"({name})") for name, part in names.items()}
        case _:
            most = schema.get("maxLength")
            return word[:most] if isinstance(most, int) else word


def _inner(schema: Json, word: str) -> Json:
    return stand_in(schema, word) if isinstance(schema, Mapping) else word
