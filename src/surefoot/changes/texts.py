"""A prompt's diff and history as plain text, and as values for JSON."""

from collections.abc import Iterator
from datetime import datetime

from surefoot.changes.git_history import FULL_CLONE, Commit
from surefoot.changes.history import History, Released, Version
from surefoot.changes.prefixes import Sharing
from surefoot.changes.prompt_diff import PromptDiff, SampleDiff
from surefoot.changes.word_diff import Piece, in_lines, shortened
from surefoot.records import Json
from surefoot.reports.printable import one_line, printable

SHOWN = 12

Line = tuple[Piece, ...]


def diff_lines(diff: PromptDiff) -> Iterator[Line]:
    """The diff for a person, line by line. `marked` makes plain text of a line."""
    yield _line(f"{diff.name}: {_short(diff.before)} -> {_short(diff.after)}, compared with {diff.base}")
    yield from (_line(f"does not load: {one_line(fault)}") for fault in diff.faults)
    if diff.same and not diff.source:
        yield _line("Nothing has changed: the files are the same.")
        return
    if diff.same:
        yield _line("They mean the same: what differs is layout, comments or who owns it.")
    if diff.source:
        yield ()
        yield from (_source_line(line) for line in diff.source)
    if diff.contract is not None:
        verdict = "compatible" if diff.contract.compatible else "NOT compatible"
        yield ()
        yield _line(f"contract: {verdict}: {one_line('; '.join(diff.contract.reasons))}")
    for sample in diff.samples:
        yield ()
        yield from sample_lines(sample)
    yield ()
    yield _line(f"Tokens are counted by {diff.counted_by}.")
    if diff.cache:
        yield _line(diff.cache)


def sample_lines(sample: SampleDiff) -> Iterator[Line]:
    """One sample's messages; far from a change, what did not change is left out."""
    yield _line(f"sample {one_line(sample.sample)}: {tokens_change(sample)}")
    if sample.fault:
        yield _line(f"  cannot be rendered: {one_line(sample.fault)}")
    for message in sample.messages:
        if not message.changed:
            yield _line(f"  {message.role}: as before")
            continue
        yield _line(f"  {message.role}:")
        for line in in_lines(shortened(message.pieces)):
            pieces = (Piece(kind=piece.kind, text=printable(piece.text)) for piece in line)
            yield (Piece(kind="same", text="    "), *pieces)


def _line(text: str) -> Line:
    return (Piece(kind="same", text=text),)


def _source_line(line: str) -> Line:
    """A line of a unified diff, all of it new or gone where its sign says so."""
    return _line(printable(line).replace("\n", " "))


def tokens_change(sample: SampleDiff) -> str:
    """How many tokens it takes, and how many it took."""
    before, after = sample.tokens_before, sample.tokens_after
    if before is None or after is None:
        return f"{after if before is None else before} tokens" if (before or after) else "no tokens"
    return (
        f"{before} -> {after} tokens ({after - before:+d})"
        if before != after
        else f"{after} tokens, as before"
    )


def diff_json(diff: PromptDiff) -> Json:
    """The diff for a program."""
    return {
        "schema": 1,
        "prompt": diff.name,
        "base": diff.base,
        "before": diff.before,
        "after": diff.after,
        "loads": diff.loads,
        "same_meaning": diff.same,
        "faults": list(diff.faults),
        "source": list(diff.source),
        "contract": None
        if diff.contract is None
        else {"compatible": diff.contract.compatible, "reasons": list(diff.contract.reasons)},
        "counted_by": diff.counted_by,
        "samples": [
            {
                "sample": sample.sample,
                "tokens_before": sample.tokens_before,
                "tokens_after": sample.tokens_after,
                "fault": sample.fault or None,
                "messages": [
                    {
                        "role": message.role,
                        "pieces": [{"kind": piece.kind, "text": piece.text} for piece in message.pieces],
                    }
                    for message in sample.messages
                ],
            }
            for sample in diff.samples
        ],
        "prefix_cache": {
            "before": _sharing_json(diff.sharing_before),
            "after": _sharing_json(diff.sharing_after),
            "sentence": diff.cache or None,
        },
    }


def history_lines(history: History) -> Iterator[str]:
    """The versions for a person, the newest first."""
    some = f"{len(history.versions)} version{'s' if len(history.versions) > 1 else ''}"
    yield f"{one_line(history.prompt)}: {some}, the newest first"
    if history.shallow:
        yield "This clone is shallow: older versions are missing, its oldest commit seems to have made all."
        yield f"Fetch the rest: {FULL_CLONE}"
    for version in history.versions:
        yield ""
        yield f"{_what(version)}  {_who(version.commit)}"
        if version.name != history.prompt:
            yield f"    it was called {one_line(version.name)}"
        if version.fault:
            yield f"    {one_line(version.fault)}"
        yield from (f"    {_release_words(released)}" for released in version.released)
        if version.folded:
            commits = ", ".join(commit.digest[:SHOWN] for commit in version.folded)
            yield f"    the same meaning also after {commits}"


def history_json(history: History) -> Json:
    """The versions for a program."""
    return {
        "schema": 1,
        "prompt": history.prompt,
        "shallow": history.shallow,
        "versions": [
            {
                "name": version.name,
                "digest": version.digest,
                "contract": version.contract,
                "deleted": version.deleted,
                "fault": version.fault,
                "commit": _commit_json(version.commit),
                "folded": [_commit_json(commit) for commit in version.folded],
                "released": [
                    {
                        "app": released.app,
                        "channel": released.channel,
                        "release": released.release,
                        "receipt": released.receipt or None,
                        "break_glass": released.break_glass or None,
                        "proof": released.proof or None,
                        "commit": _commit_json(released.commit),
                    }
                    for released in version.released
                ],
            }
            for version in history.versions
        ],
    }


def _short(digest: str | None) -> str:
    return "nothing" if digest is None else digest[:SHOWN]


def _what(version: Version) -> str:
    if version.digest is not None:
        return version.digest[:SHOWN]
    return "deleted     " if version.deleted else "did not load"


def _who(commit: Commit | None) -> str:
    if commit is None:
        return "the working tree, not committed"
    words = (_day(commit.date), commit.digest[:SHOWN], one_line(commit.author), one_line(commit.subject))
    return "  ".join(words)


def _release_words(released: Released) -> str:
    proof = f" ({one_line(released.proof)})" if released.proof else ""
    receipt = f", receipt {released.receipt[:SHOWN]}{proof}" if released.receipt else proof
    since = f"{one_line(released.channel)} of {one_line(released.app)} from {_day(released.commit.date)}"
    commit = f"commit {released.commit.digest[:SHOWN]}"
    return f"{since}: release {released.release[:SHOWN]}{receipt}, {commit}"


def _day(date: datetime) -> str:
    return f"{date:%Y-%m-%d}"


def _commit_json(commit: Commit | None) -> Json:
    if commit is None:
        return None
    return {
        "commit": commit.digest,
        "author": commit.author,
        "date": commit.date.isoformat(),
        "subject": commit.subject,
    }


def _sharing_json(sharing: Sharing | None) -> Json:
    if sharing is None:
        return None
    return {
        "shared_tokens": sharing.shared,
        "tokens": sharing.tokens,
        "percent": sharing.percent,
        "ended_by": sharing.ended_by,
    }
