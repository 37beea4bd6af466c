"""What Git remembers, read in real repositories as people and CI leave them."""

from pathlib import Path

import pytest
from tests.changes.repositories import Project, new_project
from tests.releases.repositories import git

from surefoot.changes.git_history import (
    FileChange,
    changed_files,
    commit_named,
    files_at,
    log,
    merge_base,
    names_of,
    usual_base,
)
from surefoot.errors import NotFoundError, SettingsError
from surefoot.releases.git import Repository, open_repository


def opened(project: Project) -> Repository:
    return open_repository(project.top)


def branched(project: Project) -> str:
    """A branch with one commit while main goes on: the commit where they part."""
    base = project.head()
    project.git("switch", "-q", "-c", "shorter")
    project.commit("Shorten", answer="Answer shortly.")
    project.git("switch", "-q", "main")
    project.write("README.md", "Meanwhile.\n")
    project.commit("Go on")
    project.git("switch", "-q", "shorter")
    return base


def test_the_merge_base_is_where_the_branch_left(project: Project) -> None:
    base = branched(project)
    assert merge_base(opened(project), "main", "HEAD") == base


def test_after_main_was_merged_in_only_the_branch_s_own_files_differ(project: Project) -> None:
    branched(project)
    project.git("merge", "-q", "-m", "Catch up", "main")
    base = merge_base(opened(project), "main", "HEAD")
    assert [change.after for change in changed_files(opened(project), base, "HEAD")] == [
        "prompts/answer.prompt.md"
    ]


def test_the_working_tree_counts_with_new_files_and_renames(project: Project) -> None:
    project.git("mv", "prompts/answer.prompt.md", "prompts/reply.prompt.md")
    project.write("prompts/_more.md", "More.\n")
    (project.top / "papers" / "valves.md").unlink()
    assert set(changed_files(opened(project), project.head(), None)) == {
        FileChange(how="renamed", before="prompts/answer.prompt.md", after="prompts/reply.prompt.md"),
        FileChange(how="added", before=None, after="prompts/_more.md"),
        FileChange(how="deleted", before="papers/valves.md", after=None),
    }


def test_names_with_line_ends_and_quotes_come_back_as_they_are(project: Project) -> None:
    before = project.head()
    project.write('papers/a "b"\nc.md', "Odd.\n")
    project.commit("Add an odd name")
    (change,) = changed_files(opened(project), before, "HEAD")
    assert change.after == 'papers/a "b"\nc.md'
    assert files_at(opened(project), "HEAD", [change.after]) == {change.after: b"Odd.\n"}


def test_links_are_no_files_of_a_commit(project: Project) -> None:
    (project.top / "prompts" / "_passwords.md").symlink_to("/etc/passwd")
    project.commit("Add a link")
    assert "prompts/_passwords.md" not in files_at(opened(project), "HEAD", ["prompts"])


def test_a_shallow_clone_says_to_fetch_more(project: Project, tmp_path: Path) -> None:
    branched(project)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", f"file://{project.top}", str(clone))
    with pytest.raises(SettingsError, match="shallow") as refused:
        merge_base(open_repository(clone), "origin/main", "origin/shorter")
    assert "git fetch --unshallow" in refused.value.remedy and "fetch-depth: 0" in refused.value.remedy
    git(clone, "fetch", "-q", "--unshallow")
    assert merge_base(open_repository(clone), "origin/main", "origin/shorter")


def test_a_revision_that_is_not_there_says_how_to_bring_it(project: Project) -> None:
    with pytest.raises(NotFoundError, match="no commit 'origin/next'") as refused:
        commit_named(opened(project), "origin/next")
    assert "git fetch origin next" in refused.value.remedy
    with pytest.raises(NotFoundError):
        commit_named(opened(project), "--output=/tmp/x")


def test_histories_without_a_commit_in_common_are_refused(project: Project) -> None:
    project.git("switch", "-q", "--orphan", "alone")
    project.commit("Alone")
    with pytest.raises(SettingsError, match="no commit in common"):
        merge_base(opened(project), "main", "HEAD")


def test_the_usual_base_is_the_remote_s_where_there_is_one(project: Project, tmp_path: Path) -> None:
    assert usual_base(opened(project)) == "main"
    git(tmp_path, "clone", "-q", str(project.top), str(tmp_path / "clone"))
    assert usual_base(open_repository(tmp_path / "clone")) == "origin/HEAD"
    project.git("branch", "-m", "main", "trunk")
    with pytest.raises(NotFoundError, match="main or master"):
        usual_base(opened(project))


def test_a_detached_head_has_a_history_too(project: Project) -> None:
    project.commit("Shorten", answer="Answer shortly.")
    project.git("checkout", "-q", "--detach", "HEAD")
    assert [commit.subject for commit in log(opened(project), ["prompts"])] == ["Shorten", "Begin"]


def test_renames_are_followed(project: Project) -> None:
    project.git("mv", "prompts/answer.prompt.md", "prompts/reply.prompt.md")
    project.commit("Rename it")
    project.git("mv", "prompts/reply.prompt.md", "prompts/respond.prompt.md")
    project.commit("Rename it again")
    assert names_of(opened(project), "prompts/respond.prompt.md") == (
        "prompts/respond.prompt.md",
        "prompts/reply.prompt.md",
        "prompts/answer.prompt.md",
    )


def test_a_project_below_the_top_is_read_as_well(tmp_path: Path) -> None:
    project = new_project(tmp_path / "repository", "apps/one")
    found = files_at(opened(project), "HEAD", ["apps/one/prompts"])
    assert sorted(found) == ["apps/one/prompts/_rules.md", "apps/one/prompts/answer.prompt.md"]
