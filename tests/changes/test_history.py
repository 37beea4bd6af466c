"""Every version of a prompt that Git has."""

import json
from pathlib import Path

import pytest
from tests.changes.repositories import PROMPT, Project
from tests.releases.repositories import git

from surefoot.changes.history import Version
from surefoot.changes.texts import history_json, history_lines
from surefoot.errors import NotFoundError
from surefoot.wiring.project import open_project
from surefoot.wiring.prompt_versions import prompt_history


def versions(project: Project, name: str = "answer") -> tuple[Version, ...]:
    return prompt_history(open_project(project.top), name).versions


def subjects(project: Project, name: str = "answer") -> list[str]:
    return [each.commit.subject if each.commit else "(not committed)" for each in versions(project, name)]


def test_each_meaning_is_a_version_with_the_commits_that_kept_it(project: Project) -> None:
    text = (project.top / "prompts" / "answer.prompt.md").read_text()
    project.write("prompts/answer.prompt.md", text.replace("description: Answer", "description: Reply"))
    kept = project.commit("Reword the description")
    project.commit("Shorten", answer="Answer shortly.")

    newest, first = versions(project)

    assert newest.commit and newest.commit.subject == "Shorten" and newest.commit.author == "Ada Example"
    assert [commit.digest for commit in first.folded] == [kept]
    assert newest.digest != first.digest and newest.contract == first.contract


def test_a_variant_has_versions_of_its_own(project: Project) -> None:
    text = (project.top / "prompts" / "answer.prompt.md").read_text()
    short = text.replace("name: answer\n", "name: answer\nvariant: short\n").replace(
        "Answer", "Reply shortly"
    )
    project.write("prompts/answer.short.prompt.md", short)
    project.commit("A short variant")
    project.write("prompts/answer.short.prompt.md", short.replace("shortly", "in a word"))
    project.commit("Shorter")

    assert subjects(project, "answer.short") == ["Shorter", "A short variant"]
    assert all(version.fault is None for version in versions(project, "answer.short"))


def test_a_changed_include_makes_a_version(project: Project) -> None:
    project.write("prompts/_rules.md", "Be kind.\n")
    project.commit("Be kind")
    assert subjects(project) == ["Be kind", "Begin"]


def test_what_an_include_was_before_the_prompt_is_no_version(project: Project) -> None:
    project.write("prompts/_rules.md", "Be kind.\n")
    project.commit("Be kind")
    project.commit("Add another", other="Answer too.")
    assert subjects(project, "other") == ["Add another"]


def test_a_renamed_prompt_keeps_its_history(project: Project) -> None:
    project.commit("Shorten", answer="Answer shortly.")
    project.git("mv", "prompts/answer.prompt.md", "prompts/reply.prompt.md")
    project.commit("Rename it", reply="Answer shortly.")
    found = versions(project, "reply")
    assert [(each.name, each.commit and each.commit.subject) for each in found] == [
        ("reply", "Rename it"),
        ("answer", "Shorten"),
        ("answer", "Begin"),
    ]


def test_versions_that_did_not_load_and_deletions_are_shown(project: Project) -> None:
    project.write("prompts/answer.prompt.md", PROMPT.format(name="answer", words="{{ nothing }}"))
    project.commit("Break it")
    (project.top / "prompts" / "answer.prompt.md").unlink()
    project.commit("Delete it")
    project.commit("Bring it back", answer="Answer from the passages.")

    back, gone, broken, first = versions(project)

    assert gone.deleted and not broken.deleted and back.digest == first.digest
    assert broken.digest is None and broken.fault is not None
    assert "prompts/answer.prompt.md:11:" in broken.fault and "/tmp" not in broken.fault


def test_the_working_tree_comes_first_where_it_means_something_else(project: Project) -> None:
    project.write("prompts/answer.prompt.md", PROMPT.format(name="answer", words="Answer shortly."))
    assert subjects(project) == ["(not committed)", "Begin"]


def test_a_merge_brings_both_sides_versions(project: Project) -> None:
    project.git("switch", "-q", "-c", "kinder")
    project.write("prompts/_rules.md", "Be kind.\n")
    project.commit("Be kind")
    project.git("switch", "-q", "main")
    project.commit("Shorten", answer="Answer shortly.")
    project.git("merge", "-q", "--no-ff", "-m", "Merge it", "kinder")
    assert set(subjects(project)) >= {"Be kind", "Shorten", "Begin"}
    assert versions(project)[0].digest == versions(project)[0].digest


def test_each_release_of_a_version_is_told_with_its_proof(project: Project) -> None:
    release = project.release()
    moved = project.commit("Promote it")
    project.commit("Shorten", answer="Answer shortly.")

    newest, first = versions(project)

    assert newest.released == ()
    (released,) = first.released
    assert (released.app, released.channel, released.release) == ("answers", "production", release)
    assert released.proof == "PASS by answers" and released.commit.digest == moved


def test_a_further_prompt_of_an_app_is_told_where_it_was_released_too(project: Project) -> None:
    project.commit("Rewrite follow-ups", rewrite="Rewrite the question.")
    release = project.release(further=["rewrite"])
    project.commit("Promote both")
    for name in ("answer", "rewrite"):
        assert [each.release for each in versions(project, name)[0].released] == [release]


def test_a_rollback_is_told_as_another_release_of_the_old_version(project: Project) -> None:
    project.release()
    project.commit("Promote the first")
    project.commit("Shorten", answer="Answer shortly.")
    project.release()
    project.commit("Promote the second")
    project.write("prompts/answer.prompt.md", PROMPT.format(name="answer", words="Answer from the passages."))
    project.release()
    project.git("checkout", "-q", "--", "prompts")
    project.commit("Roll back")

    newest, first = versions(project)

    assert [each.commit.subject for each in newest.released] == ["Promote the second"]
    assert [each.commit.subject for each in first.released] == ["Promote the first", "Roll back"]


def test_a_repository_without_a_commit_says_so(project: Project) -> None:
    project.git("update-ref", "-d", "HEAD")
    with pytest.raises(NotFoundError, match="no commit yet"):
        versions(project)


def test_a_prompt_that_never_was_is_not_found(project: Project) -> None:
    with pytest.raises(NotFoundError, match="there is no prompt 'reply'"):
        versions(project, "reply")


def test_a_person_and_a_program_read_the_same_versions(project: Project) -> None:
    project.release()
    project.commit("Promote it")
    project.commit("Shorten", answer="Answer shortly.")
    history = prompt_history(open_project(project.top), "answer")
    found, lines = history.versions, list(history_lines(history))
    assert lines[0] == "answer: 2 versions, the newest first"
    assert any(line.startswith("    production of answers from 2026-11-20: release ") for line in lines)
    read = json.loads(json.dumps(history_json(history)))
    assert [each["digest"] for each in read["versions"]] == [each.digest for each in found]


def test_a_shallow_clone_says_that_older_versions_are_missing(project: Project, tmp_path: Path) -> None:
    project.commit("Shorten", answer="Answer shortly.")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project.top}", str(clone))
    history = prompt_history(open_project(clone), "answer")
    assert len(history.versions) == 1
    assert any("git fetch --unshallow" in line for line in history_lines(history))
    assert json.loads(json.dumps(history_json(history)))["shallow"] is True
    git(clone, "fetch", "-q", "--unshallow")
    history = prompt_history(open_project(clone), "answer")
    assert len(history.versions) == 2 and not history.shallow
    assert not any("shallow" in line for line in history_lines(history))
