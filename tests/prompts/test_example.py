"""The example's answering prompt, as the model gets it."""

from pathlib import Path

from tests.prompts.written import passage

from surefoot.prompts import load_prompt
from surefoot.records import Message

PROMPTS = Path(__file__).parents[2] / "prompts"
GOLDEN = Path(__file__).parent / "golden" / "answer.txt"
ABSTENTION = "The documents do not say."


def rendered(question: str, history: tuple[Message, ...] = ()) -> tuple[Message, ...]:
    shown = [
        passage("Office vaults keep 30 days.", "guide/retention.md", ("Retention", "Office")),
        passage("| plan | days |\n|---|---|\n| Home | 7 |", "reference/plans.md", ("Plans",)),
        passage("A passage without headings.", "notes.txt"),
    ]
    variables = {"question": question, "passages": shown, "abstention": ABSTENTION}
    return load_prompt(PROMPTS, "answer").render(variables, history=history)


def test_the_answering_prompt_renders_as_its_golden_text() -> None:
    turns = (Message(role="user", content="Hello"), Message(role="assistant", content="Ask me."))
    messages = rendered("How long are backups kept?", turns)
    text = "".join(f"=== {message.role}\n{message.content}\n" for message in messages)
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_system_message_is_constant_so_that_its_prefix_is_cached() -> None:
    assert rendered("One?")[0] == rendered("Another?")[0]


def test_the_answering_prompt_declares_what_the_pipeline_fills() -> None:
    prompt = load_prompt(PROMPTS, "answer")
    assert [variable.name for variable in prompt.variables] == ["question", "passages", "abstention"]
    assert (prompt.budget.max_prompt_tokens, prompt.budget.drop) == (1400, ("passages",))
    assert (prompt.model_alias, prompt.sampling.temperature, prompt.sampling.max_output_tokens) == (
        "chat",
        0,
        200,
    )
    assert (prompt.suites, prompt.owners) == (("answers",), ("@docs-team",))
    assert prompt.files == ("answer.prompt.md", "_house-rules.md")
    assert prompt.output_format == "text"
    assert prompt.trust == {"question": "user", "passages": "retrieved", "abstention": "operator"}
