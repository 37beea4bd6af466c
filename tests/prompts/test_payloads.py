"""Known sandbox escapes: as template text they fail with file and line, as values they are text."""

from functools import cache
from pathlib import Path

import pytest
from tests.prompts.written import BODY_LINE, load, passage

from surefoot.errors import PromptError
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Message

PAYLOADS = tuple(
    line
    for line in (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
)
PROMPTS = Path(__file__).parents[2] / "prompts"


@cache
def answer() -> Prompt:
    return load_prompt(PROMPTS, "answer")


def test_the_corpus_is_one() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 60


def escaping(folder: Path, body: str, **includes: str) -> PromptError:
    """The error at load, or, for the few that only a value makes an escape, at the first rendering."""
    with pytest.raises(PromptError) as caught:
        load(folder, body=body, **includes).render({"question": "q", "passages": [passage("a")]})
    assert caught.value.remedy and len(str(caught.value)) < 1000
    return caught.value


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload[:40])
def test_a_known_escape_in_a_template_fails_with_file_and_line(tmp_path: Path, payload: str) -> None:
    body = "{% system %}\nAnswer.\n{% endsystem %}\n{% user %}\n" + payload + "\n{% enduser %}\n"
    problem = escaping(tmp_path, body)
    assert (problem.file, problem.line) == (str(tmp_path / "sample.prompt.md"), BODY_LINE + 4)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload[:40])
def test_a_known_escape_in_an_include_names_the_include(tmp_path: Path, payload: str) -> None:
    problem = escaping(tmp_path, '{% user %}{% include "rules" %}{% enduser %}', rules="One.\n" + payload)
    assert (problem.file, problem.line) == (str(tmp_path / "_rules.md"), 2)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload[:40])
def test_a_known_escape_in_a_value_is_text_like_any_other(payload: str) -> None:
    values = {
        "question": payload,
        "passages": [passage(payload, payload, (payload,))],
        "abstention": payload,
    }
    turn = Message(role="user", content=payload)
    system, earlier, user = answer().render(values, history=[turn])
    assert (system.role, earlier, user.role) == ("system", turn, "user")
    assert f"nothing else: {payload}" in system.content
    assert f"\n[1] ({payload}: {payload})\n{payload}\n" in user.content
    assert f"\nQuestion: {payload}\n" in user.content
