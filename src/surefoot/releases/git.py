"""Git, as far as promoting needs it: what is committed, and one commit of given bytes, by plumbing.

Commits are made from a temporary index, so that what somebody has staged stays staged and uncommitted. No
hook runs: a hook may change what is committed, and a promotion commits exactly the bytes that were proven.
Nor does any filter of `.gitattributes`. Variables of Git's own, as a hook sets them, are not handed on.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import LocalError, RefusedError, SettingsError
from surefoot.records import digest_bytes

_QUIET = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "i18n.commitEncoding=UTF-8"),
    *("-c", "user.useConfigOnly=true"),
)
# Who commits, and which files hold the settings: the variables of git's own that a caller may mean to set.
_KEPT = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_INDEX_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The commit that is checked out, and its branch, as `refs/heads/main`; None when HEAD is detached."""

    commit: str
    branch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A working tree of Git's; `top` is its folder, which may lie above the project's."""

    top: Path

    def head(self) -> Head:
        """What is checked out. SettingsError before the first commit."""
        found = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if found is None:
            raise SettingsError(f"{self.top} has no commit yet", remedy="commit the project first")
        branch = self._try("symbolic-ref", "--quiet", "HEAD")
        return Head(commit=_line(found), branch=None if branch is None else _line(branch))

    def uncommitted(self, paths: Sequence[Path]) -> tuple[str, ...]:
        """The files among or below the paths that differ from HEAD or are new, by their path from `top`."""
        there = [self.name_of(path) for path in paths]
        if not there:
            return ()
        said = self._run(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *there
        )
        return tuple(os.fsdecode(entry[3:]) for entry in said.split(b"\0") if entry)

    def content(self, leaving_out: Sequence[Path]) -> str:
        """A digest of every file that HEAD has, but for those below the given folders: 64 hex digits.

        Equal files give an equal digest, whatever commits led there: after a squash, a rebase or a merge.
        """
        outside = tuple(os.fsencode(f"{self.name_of(folder)}/") for folder in leaving_out)
        entries = self._run("ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0")
        kept = [entry for entry in entries if not entry.partition(b"\t")[2].startswith(outside)]
        return digest_bytes(b"\0".join(kept))

    def differing(self, commit: str) -> tuple[str, ...] | None:
        """The files that HEAD has otherwise than a commit; None when this clone has no such commit."""
        if self._try("cat-file", "-e", f"{commit}^{{commit}}") is None:
            return None
        said = self._run("diff-tree", "-r", "-z", "--name-only", "--no-renames", commit, "HEAD")
        return tuple(os.fsdecode(name) for name in said.split(b"\0") if name)

    def committed(self, file: Path) -> bytes | None:
        """A file's bytes as HEAD has them; None when it has no such file."""
        return self._try("cat-file", "blob", f"HEAD:{self.name_of(file)}")

    def name_of(self, path: Path) -> str:
        """A path as Git writes it, from the repository's top. SettingsError for one outside."""
        real = path.parent.resolve() / path.name
        try:
            return real.relative_to(self.top.resolve()).as_posix()
        except ValueError:
            raise SettingsError(
                f"{path} is not in the repository {self.top}", remedy="keep the project in one repository"
            ) from None

    def read(self, *words: str, given: bytes = b"") -> bytes | None:
        """What a git command that only reads says; None when Git says no."""
        return self._try(*words, given=given)

    def check_identity(self) -> None:
        """SettingsError when Git does not know whom a commit would be by."""
        if None in (self._try("var", "GIT_AUTHOR_IDENT"), self._try("var", "GIT_COMMITTER_IDENT")):
            raise SettingsError(
                "Git does not know who commits: user.name or user.email is not set",
                remedy="git config user.name '...' and git config user.email '...'",
            )

    def commit_files(self, files: Mapping[Path, bytes], message: str, expected: Head) -> str | None:
        """Commit these bytes on top of `expected`, and nothing else: the commit, or None if HEAD has all.

        The index gets the same entries first: were it to lag behind, the next ordinary commit would take them
        back. Raises RefusedError, leaving commits and index as they were, when the branch has moved.
        """
        self.check_identity()
        entries = {name: f"100644 {blob}" for name, blob in self._blobs(files).items()}
        tree = self._tree_with(entries, expected.commit)
        if tree == _line(self._run("rev-parse", "--verify", f"{expected.commit}^{{tree}}")):
            self._stage(entries)
            return None
        commit = _line(self._run("commit-tree", tree, "-p", expected.commit, given=message.encode()))
        before = self._staged(tuple(entries))
        self._stage(entries)
        reference = ("--no-deref", "HEAD") if expected.branch is None else (expected.branch,)
        subject = message.partition("\n")[0]
        moved = self._try("update-ref", "-m", subject, *reference, commit, expected.commit)
        if moved is None:
            self._stage({name: before.get(name, f"0 {'0' * len(commit)}") for name in entries})
            raise RefusedError(
                f"{expected.branch or 'HEAD'} has moved from {expected.commit[:12]} meanwhile",
                remedy="run it again: somebody else has committed",
            )
        return commit

    def commit_on_branch(self, branch: str, files: Mapping[Path, bytes], message: str) -> str | None:
        """Commit these bytes on a branch that is not checked out: the commit, or None if it has them all.

        A new branch begins at HEAD; on one that is there the commit comes on top. Working trees and indexes
        are left alone. RefusedError where the branch is checked out, or moves meanwhile.
        """
        self.check_identity()
        reference = f"refs/heads/{branch}"
        trees = self._run("worktree", "list", "--porcelain").decode(errors="replace").splitlines()
        if f"branch {reference}" in trees:
            raise RefusedError(
                f"the branch {branch!r} is checked out, and its files would no longer be what it says",
                remedy="check out another branch there, and run it again",
            )
        tip = self._try("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
        parent = self.head().commit if tip is None else _line(tip)
        entries = {name: f"100644 {blob}" for name, blob in self._blobs(files).items()}
        tree = self._tree_with(entries, parent)
        if tree == _line(self._run("rev-parse", "--verify", f"{parent}^{{tree}}")):
            return None
        commit = _line(self._run("commit-tree", tree, "-p", parent, given=message.encode()))
        before = "0" * len(commit) if tip is None else parent
        subject = message.partition("\n")[0]
        if self._try("update-ref", "-m", subject, reference, commit, before) is None:
            raise RefusedError(
                f"the branch {branch!r} cannot be made, or has moved meanwhile",
                remedy=f"see `git branch --list {branch}*`; then run it again",
            )
        return commit

    def _blobs(self, files: Mapping[Path, bytes]) -> dict[str, str]:
        return {
            self.name_of(file): _line(self._run("hash-object", "-w", "--stdin", given=content))
            for file, content in files.items()
        }

    def _tree_with(self, entries: Mapping[str, str], commit: str) -> str:
        """The tree of a commit with these entries in it."""
        with tempfile.TemporaryDirectory(prefix="surefoot-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._run("read-tree", commit, variables=index)
            self._run(
                *("update-index", "-z", "--replace", "--index-info"),
                given=_index_lines(entries),
                variables=index,
            )
            return _line(self._run("write-tree", variables=index))

    def _staged(self, names: Sequence[str]) -> dict[str, str]:
        """Mode and blob of what the real index has at these paths."""
        said = self._run("ls-files", "--stage", "-z", "--", *names)
        found = {}
        for entry in filter(None, said.split(b"\0")):
            about, _, name = entry.partition(b"\t")
            mode, blob, _stage = about.decode().split(" ")
            found[os.fsdecode(name)] = f"{mode} {blob}"
        return found

    def _stage(self, entries: Mapping[str, str]) -> None:
        """Put entries into the real index, waiting a little for whoever is writing it."""
        deadline = time.monotonic() + _INDEX_BUSY_SECONDS
        while True:
            try:
                self._run("update-index", "-z", "--replace", "--index-info", given=_index_lines(entries))
                break
            except LocalError as error:
                if "index.lock" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self._try(
            "update-index", "-q", "--refresh"
        )  # only so that Git need not read them to see them unchanged

    def _run(self, *words: str, given: bytes = b"", variables: Mapping[str, str] | None = None) -> bytes:
        done = _git(self.top, words, given, variables or {})
        if done.returncode != 0:
            raise _failed(words, done)
        return done.stdout

    def _try(self, *words: str, given: bytes = b"") -> bytes | None:
        """The same, None when Git says no."""
        done = _git(self.top, words, given, {})
        return done.stdout if done.returncode == 0 else None


def open_repository(folder: Path) -> Repository:
    """The repository that the folder is in. SettingsError when it is in none, or when there is no Git."""
    words = ("rev-parse", "--show-toplevel")
    done = _git(folder, words, b"", {})
    if done.returncode == 0:
        return Repository(top=Path(os.fsdecode(done.stdout.removesuffix(b"\n"))))
    raise SettingsError(
        f"{folder} is in no Git repository that can be used: {_words(done)}",
        remedy="work in a clone of the project; serving needs no Git, promoting and comparing do",
    )


def _git(
    folder: Path, words: Sequence[str], given: bytes, variables: Mapping[str, str]
) -> "subprocess.CompletedProcess[bytes]":
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    fixed = {
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        return subprocess.run(  # noqa: S603 - no shell, and no word of it comes from a file
            ("git", *_QUIET, *words),  # noqa: S607 - the git that the user has
            cwd=folder,
            env={**environment, **fixed, **variables},
            input=given,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise SettingsError("git is not installed", remedy="install git: versions are commits") from None


def _index_lines(entries: Mapping[str, str]) -> bytes:
    return b"".join(f"{about}\t".encode() + os.fsencode(name) + b"\0" for name, about in entries.items())


def _line(said: bytes) -> str:
    return said.decode().strip()


def _words(done: "subprocess.CompletedProcess[bytes]") -> str:
    return " ".join(done.stderr.decode(errors="replace").split())[:500] or f"it ended with {done.returncode}"


def _failed(words: Sequence[str], done: "subprocess.CompletedProcess[bytes]") -> LocalError:
    return LocalError(
        f"git {words[0]} failed: {_words(done)}", remedy="mend what Git says, then run it again"
    )
