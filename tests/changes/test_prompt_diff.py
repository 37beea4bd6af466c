"""What a changed prompt means, as people and programs read it."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.changes.repositories import PROMPT, Project
from typer.testing import CliRunner

from surefoot.changes.prompt_diff import PromptDiff
from surefoot.changes.texts import diff_json, diff_lines
from surefoot.changes.word_diff import marked
from surefoot.cli import app
from surefoot.errors import NotFoundError
from surefoot.wiring.counting import ESTIMATE
from surefoot.wiring.project import open_project
from surefoot.wiring.prompt_versions import prompt_diff

GOLDEN = Path(__file__).parent / "golden"


def diff(project: Project, base: str | None = "HEAD", *cases: str, name: str = "answer") -> PromptDiff:
    return asyncio.run(prompt_diff(open_project(project.top), name, base, cases))


def reword(project: Project, words: str) -> None:
    project.write("prompts/answer.prompt.md", PROMPT.format(name="answer", words=words))


def text_of(found: PromptDiff) -> str:
    text = "".join(f"{marked(line)}\n" for line in diff_lines(found))
    for digest, name in ((found.before, "BEFORE"), (found.after, "AFTER")):
        text = text.replace(digest[:12], name) if digest else text
    return text


def test_a_reworded_prompt_reads_as_the_golden_text(project: Project) -> None:
    reword(project, "Answer {{ question }} from the numbered passages alone.")
    assert text_of(diff(project)) == (GOLDEN / "diff.txt").read_text()


def test_a_program_reads_the_same(project: Project) -> None:
    reword(project, "Answer from the numbered passages.")
    read = json.loads(json.dumps(diff_json(diff(project))))
    assert read["before"] != read["after"] and read["contract"]["compatible"] is True
    assert read["counted_by"] == ESTIMATE
    changed = [piece for piece in read["samples"][0]["messages"][0]["pieces"] if piece["kind"] == "added"]
    assert changed == [{"kind": "added", "text": "numbered "}]
    assert read["prefix_cache"]["after"]["ended_by"] == "passages"


def test_a_sample_that_a_version_refuses_has_the_reason_and_no_messages(project: Project) -> None:
    text = (project.top / "prompts" / "answer.prompt.md").read_text()
    narrow = text.replace("question: text", "question: {type: string, maxLength: 5}")
    project.write("prompts/answer.prompt.md", narrow)
    sample = diff(project).samples[0]
    assert sample.messages == () and sample.fault.startswith(
        "prompts/answer.prompt.md: the variable 'question'"
    )


def test_layout_alone_means_the_same(project: Project) -> None:
    text = (project.top / "prompts" / "answer.prompt.md").read_text()
    project.write("prompts/answer.prompt.md", text.replace("description: Answer", "description: Reply"))
    found = diff(project)
    assert found.same and found.source
    assert "They mean the same" in text_of(found)


def test_a_prompt_that_nobody_changed_has_no_diff(project: Project) -> None:
    found = diff(project)
    assert found.same and text_of(found).splitlines()[1:] == ["Nothing has changed: the files are the same."]


def test_a_changed_include_is_part_of_the_source(project: Project) -> None:
    project.write("prompts/_rules.md", "Be kind.\n")
    lines = diff(project).source
    assert "+Be kind." in lines and "+++ prompts/_rules.md" in lines


def test_production_is_the_base_where_it_serves_the_prompt(project: Project) -> None:
    release = project.release()
    reword(project, "Answer shortly.")
    project.commit("Shorten")
    assert diff(project, None).base == f"production of answers ({release[:12]})"
    assert diff(project, "production").before != diff(project, "HEAD").before


def test_without_a_release_the_base_is_the_last_commit(project: Project) -> None:
    assert diff(project, None).base == "the commit HEAD"
    with pytest.raises(NotFoundError, match="production serves no release"):
        diff(project, "production")


def test_new_deleted_and_broken_prompts_are_told_apart(project: Project) -> None:
    project.write("prompts/reply.prompt.md", PROMPT.format(name="reply", words="Reply."))
    new = diff(project, name="reply")
    assert new.before is None and new.after is not None and new.contract is None
    (project.top / "prompts" / "answer.prompt.md").unlink()
    gone = diff(project)
    assert gone.after is None and gone.before is not None
    reword(project, "{{ nothing }}")
    broken = diff(project)
    assert broken.after is None and "nothing" in broken.faults[0]
    assert (new.loads, gone.loads, broken.loads) == (True, True, False)
    assert broken.samples == () and not any("_rules" in line for line in broken.source)
    assert "does not load: prompts/answer.prompt.md:11:4: " in text_of(broken)
    with pytest.raises(NotFoundError, match="no prompt 'never'"):
        diff(project, name="never")


def test_the_command_shows_the_diff_of_a_prompt_that_does_not_load_and_exits_with_2(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.top)
    assert CliRunner().invoke(app, ["prompt", "diff", "answer"]).exit_code == 0
    reword(project, "{{ nothing }")
    shown = CliRunner().invoke(app, ["prompt", "diff", "answer"])
    assert shown.exit_code == 2 and "does not load: prompts/answer.prompt.md:11:1: " in shown.stdout
    told = CliRunner().invoke(app, ["prompt", "diff", "answer", "--json"])
    assert told.exit_code == 2 and json.loads(told.stdout)["loads"] is False


def test_cases_are_chosen_by_suite_and_id(project: Project) -> None:
    reword(project, "Answer shortly.")
    assert [sample.sample for sample in diff(project, "HEAD", "answers/seals").samples] == ["answers/seals"]
    assert diff(project, "HEAD", "answers/seals").cache
    for wrong in ("seals", "answers/nothing", "nothing/seals"):
        with pytest.raises(NotFoundError):
            diff(project, "HEAD", wrong)


def test_a_case_that_is_not_there_is_told_with_some_that_are_and_how_many_others(project: Project) -> None:
    file = project.top / "evals" / "answers" / "cases.jsonl"
    first = json.loads(file.read_text().splitlines()[0])
    others = ({**first, "id": f"more-{n}", "question": f"{first['question']} {n}"} for n in range(7))
    more = "".join(json.dumps(other) + "\n" for other in others)
    project.write("evals/answers/cases.jsonl", file.read_text().rstrip("\n") + "\n" + more)
    with pytest.raises(NotFoundError) as caught:
        diff(project, "HEAD", "answers/saels")
    assert caught.value.remedy.startswith("Did you mean 'seals'? Use one that is there: valve-3, seals, ")
    assert " others, in evals/answers/" in caught.value.remedy


def test_a_variable_that_a_sample_cannot_fill_is_filled_in(project: Project) -> None:
    text = PROMPT.format(name="answer", words="Be {{ tone }}.").replace(
        "question: text", "question: text, tone: {type: string, enum: [kind, brief]}"
    )
    project.write("prompts/answer.prompt.md", text)
    found = diff(project)
    assert found.contract is not None and not found.contract.compatible
    assert "{+Be kind+}." in text_of(found).replace("[-Answer from the passages-]", "")
