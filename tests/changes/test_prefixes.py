"""What a prompt leaves to the prefix cache, counted in words."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from surefoot.changes.prefixes import Sharing, common_beginning, sentence, sharing_of
from surefoot.changes.samples import Sample
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Message, Tool

HEAD = """---
schema: 1
name: p
model: {alias: chat}
input: {question: text, tone: text}
budget: {max_prompt_tokens: 500}
---
"""
FIXED = "one two three four five six"
ONE = Sample(name="s/1", number=0, values={"question": "red", "tone": "kind"})
OTHER = Sample(name="s/2", number=1, values={"question": "blue", "tone": "kind"})


class WordCounter:
    """Every word is a token."""

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        return sum(len(message.content.split()) for message in messages)


def prompt(tmp_path: Path, body: str) -> Prompt:
    (tmp_path / "p.prompt.md").write_text(HEAD + body)
    return load_prompt(tmp_path, "p")


def shared(tmp_path: Path, body: str, one: Sample = ONE, other: Sample = OTHER) -> Sharing:
    return asyncio.run(sharing_of(prompt(tmp_path, body), one, other, WordCounter()))


def test_what_stands_before_the_first_variable_that_differs_is_shared(tmp_path: Path) -> None:
    body = (
        f"{{% system %}}{FIXED} {{{{ tone }}}}{{% endsystem %}}{{% user %}}{{{{ question }}}}{{% enduser %}}"
    )
    assert shared(tmp_path, body) == Sharing(shared=7, tokens=8, ended_by="question")


def test_a_variable_before_fixed_text_costs_what_stands_behind_it(tmp_path: Path) -> None:
    last = f"{{% user %}}{FIXED} {{{{ question }}}} {{{{ tone }}}}{{% enduser %}}"
    first = f"{{% user %}}{{{{ question }}}} {FIXED} {{{{ tone }}}}{{% enduser %}}"
    before, after = shared(tmp_path, last), shared(tmp_path, first)
    assert (before.shared, after.shared) == (6, 0)
    said = sentence(before, after)
    assert "worse than before" in said and "6 more than before" in said and "'question'" in said
    assert "better than before" in sentence(after, before)


def test_a_longer_text_behind_what_differs_is_no_alarm(tmp_path: Path) -> None:
    short = f"{{% user %}}{FIXED} {{{{ question }}}}{{% enduser %}}"
    before, after = shared(tmp_path, short), shared(tmp_path, short.replace(" }}{%", f" }}}} {FIXED}{{%"))
    assert before.shared == after.shared
    assert "as good as before" in sentence(before, after) and "6 more than before" in sentence(before, after)
    assert "as good as before" in sentence(after, before) and "6 fewer than before" in sentence(after, before)


def test_a_request_with_equal_variables_is_shared_whole(tmp_path: Path) -> None:
    body = "{% user %}{{ question }} {{ tone }}{% enduser %}"
    assert shared(tmp_path, body, ONE, ONE) == Sharing(shared=2, tokens=2, ended_by=None)


def test_another_history_ends_what_is_shared(tmp_path: Path) -> None:
    body = (
        "{% system %}fixed words{% endsystem %}{% history %}{% user %}{{ question }} {{ tone }}{% enduser %}"
    )
    earlier = (Message(role="user", content="and before?"),)
    other = Sample(name="s/3", number=2, values=ONE.values, history=earlier)
    assert shared(tmp_path, body, ONE, other).ended_by == "history"


def test_a_message_of_another_role_ends_what_is_shared() -> None:
    system, user = Message(role="system", content="abc"), Message(role="user", content="abc")
    assert common_beginning([system], [user]) == ()
    assert common_beginning([system, user], [system, Message(role="user", content="abd")]) == (
        system,
        Message(role="user", content="ab"),
    )
