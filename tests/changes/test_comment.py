"""The comment of a pull request: a plain sentence, answers, findings, diff, verdict; nothing in it acts."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.changes.repositories import Project
from tests.reports.examples.gates import failing, founding, inconclusive, passing, refused
from tests.reports.examples.hostile import TRICKS, hostile
from tests.reports.test_gate_markdown import read, sets_a_forge_to_work, without_code

from surefoot.changes.comment import MOST_CHARACTERS, Told, comment_markdown
from surefoot.changes.comparing import Affected, BranchChange, Touched
from surefoot.prompts.linting import Finding
from surefoot.reports.gate_report import GateReport
from surefoot.wiring.change_comment import write_comment

GOLDEN = Path(__file__).parent / "golden"

CHANGE = BranchChange(
    base="main",
    commit="c" * 40,
    things=(Touched(kind="prompt", name="answer", how="changed"),),
    apps=(Affected(app="answers", because=("prompt answer",), suites=("answers",), answers=True),),
    orders=(),
    others=0,
)
FINDING = Finding(
    file="prompts/answer.prompt.md",
    line=3,
    column=1,
    rule="unused",
    level="warning",
    message="nothing uses 'tone'",
    remedy="Leave it out.",
)


def comment(
    *reports: GateReport,
    findings: Sequence[Finding] = (),
    diffs: Mapping[str, str] | None = None,
    unmeasured: Mapping[str, str] | None = None,
    unchecked: str = "",
) -> str:
    return comment_markdown(
        Told(
            change=CHANGE,
            findings=findings,
            diffs=diffs or {},
            reports=reports,
            unmeasured=unmeasured or {},
            unchecked=unchecked,
        )
    )


def test_it_begins_with_one_plain_sentence_and_follows_the_order_of_questions() -> None:
    said = comment(failing(), findings=[FINDING], diffs={"answer": "-old\n+new"})

    assert said.startswith(
        "**This changes the prompt “answer”, so the app “answers” may answer otherwise.**\n\n❌ "
    )
    places = [
        said.index(words)
        for words in ("answers worse", "### Before and after", "### What lint found", "+new", "## ❌ FAIL")
    ]
    assert places == sorted(places)
    assert said.count("<table>") == 3


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (passing(), "answers no worse"),
        (inconclusive(), "takes more cases to tell"),
        (refused(), "cannot be relied on"),
    ],
)
def test_each_verdict_has_a_sentence_of_its_own(report: GateReport, words: str) -> None:
    assert words in comment(report).split("\n\n")[1]


def test_a_founding_gate_has_no_answers_to_compare() -> None:
    said = comment(founding())

    assert "Before and after" not in said
    assert "The first release of the app “answers” meets what its suite asks of one." in said
    assert "does not meet" in comment(founding("FAIL"))


def test_what_was_not_measured_is_said_with_the_reason() -> None:
    said = comment(unmeasured={"answers": "the gate gave no verdict"})

    assert "Nothing was measured of the app “answers”: the gate gave no verdict" in said
    assert "Lint found nothing wrong in the prompts." in said


@pytest.mark.parametrize("trick", TRICKS)
def test_text_of_others_stays_text(trick: str) -> None:
    finding = Finding(file=trick, line=1, column=1, rule="unused", level="error", message=trick, remedy=trick)

    said = comment(
        hostile(trick), findings=[finding], diffs={"answer": f"+{trick}"}, unmeasured={"others": trick}
    )

    shape = read(without_code(said))
    assert sets_a_forge_to_work(shape.text) == []
    assert not {tag[0] for tag in shape.tags if isinstance(tag, tuple)} & {"a", "img", "script"}


@pytest.mark.parametrize("size", range(60, 8_000, 397))
def test_however_long_the_diffs_are_the_verdict_is_not_left_out(size: int) -> None:
    diffs = {f"p{number}": "+" + "w" * 7_900 for number in range(6)}

    said = comment(failing(), diffs={**diffs, "y": "+" + "w" * size, "z": "+" + "w" * 3_000})

    assert "## ❌ FAIL" in said and len(said) <= MOST_CHARACTERS
    assert said.index("The prompt p0") < said.index("## ❌ FAIL")


def test_lint_that_could_not_run_is_not_told_as_nothing_found() -> None:
    said = comment(unchecked="models.toml cannot be read")

    assert "Lint could not run: models.toml cannot be read" in said
    assert "found nothing" not in said


def test_what_does_not_fit_is_left_out_whole_and_said() -> None:
    said = comment(failing(), diffs={f"p{number}": "+words\n" * 2_000 for number in range(12)})

    assert len(said) <= MOST_CHARACTERS
    assert said.endswith("did not fit into a comment; the reports of the run have all.*\n")
    assert said.startswith("**This changes")


def test_it_reads_as_the_golden_text() -> None:
    said = comment(failing(), findings=[FINDING], diffs={"answer": "-Be brief.\n+Be thorough."})

    assert said == (GOLDEN / "comment.md").read_text()


def test_without_a_verdict_the_comment_shows_what_the_change_makes_of_the_messages(project: Project) -> None:
    project.git("switch", "-q", "-c", "reword")
    project.commit("Reword", answer="Answer in one sentence.")

    said = asyncio.run(write_comment(project.top, "main"))

    assert "Nothing was measured of the app “answers”: no index" in said
    assert "+Answer in one sentence." in said
    assert "Answer [-from the passages-]{+in one sentence+}." in said
    assert "contract: compatible" in said and "Tokens are counted by" in said


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("serving/models.toml", "Lint could not run: "),
        ("serving/apps/answers.toml", "Nothing was measured of the app “answers”: "),
        ("prompts/answer.prompt.md", "### What lint found"),
    ],
)
def test_a_comment_comes_whichever_file_is_broken(project: Project, file: str, words: str) -> None:
    project.git("switch", "-q", "-c", "reword")
    project.write("prompts/_rules.md", "Be thorough.\n")
    project.write(file, "not what it should be [")

    said = asyncio.run(write_comment(project.top, "main"))

    assert words in said
    assert "+Be thorough." in said or file.startswith("prompts/")
    assert str(project.top) not in said, "paths are as the author sees them"


def test_where_the_settings_cannot_be_read_the_comment_says_so_with_the_place(project: Project) -> None:
    project.git("switch", "-q", "-c", "reword")
    project.write("serving/settings.toml", "schema = 1\n[service\n")

    said = asyncio.run(write_comment(project.top, "main"))

    assert said.startswith("**The project's settings cannot be read, so nothing of this was checked")
    assert "serving/settings.toml" in said and "line 2" in said and str(project.top) not in said
