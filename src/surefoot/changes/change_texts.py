"""What a branch changes, in words: one plain sentence, lines for a terminal, a value for a program."""

import re
from collections.abc import Iterator, Mapping, Sequence

from surefoot.changes.comparing import SAME, Affected, BranchChange, Kind, Touched
from surefoot.changes.git_history import How
from surefoot.records import Json
from surefoot.reports.printable import one_line

_MOST_NAMED = 3
_SHOWN = 12
_DIGEST = re.compile(r"[0-9a-f]{64}")
# What a promotion brings: it makes no other answers, and decides which release gives them.
_PROMOTED: Mapping[Kind, Mapping[How, str]] = {
    "channel": {
        "added": "puts a release into {}",
        "changed": "puts another release into {}",
        "deleted": "takes the release out of {}",
    },
    "release": {"added": "adds {}", "changed": "edits {}", "deleted": "removes {}"},
    "approval": {
        "added": "approves {}",
        "changed": "approves {} anew",
        "deleted": "takes back the approval of {}",
    },
}


def sentence(change: BranchChange) -> str:
    """What it changes, for somebody who knows neither prompts nor surefoot."""
    reached = [_quoted(app.app) for app in change.apps if app.answers]
    parts = _grouped([thing for thing in change.things if thing.kind not in _PROMOTED])
    promoted = [*_promotions(change.things)]
    if not parts:
        what = _listed(promoted, most=len(promoted)) if promoted else _NOTHING
        return f"This {what}."
    also = f" It also {_listed(promoted, most=len(promoted))}." if promoted else ""
    changed = f"This changes {_listed(parts)}"
    if not reached:
        return f"{changed}; no app answers otherwise because of it.{also}"
    apps = "the app" if len(reached) == 1 else "the apps"
    return f"{changed}, so {apps} {_listed(reached)} may answer otherwise.{also}"


_NOTHING = "changes nothing that decides what is answered or how answers are measured"


def _promotions(things: Sequence[Touched]) -> Iterator[str]:
    """What it does to channels, releases and approvals, as what a sentence says of it."""
    for kind, words in _PROMOTED.items():
        for how, said in words.items():
            names = [
                _promoted(kind, thing.name) for thing in things if (thing.kind, thing.how) == (kind, how)
            ]
            if names:
                yield said.format(_listed(names))


def _promoted(kind: Kind, name: str) -> str:
    """A channel as "production of “answers”", a release by how its digest begins."""
    if kind != "channel":
        return f"the release {_short(name)}"
    app, _, channel = name.rpartition("/")
    return f"{one_line(channel)} of {_quoted(app)}"


def change_lines(change: BranchChange) -> Iterator[str]:
    """The change for a person, line by line."""
    yield sentence(change)
    yield f"compared with {one_line(change.base)}, which it left at {change.commit[:12]}"
    if change.things:
        yield ""
        yield from (thing_words(thing) for thing in change.things)
    if change.others:
        yield f"{_files(change.others)} more, which decide{'s' * (change.others == 1)} no answer"
    if change.apps:
        yield ""
        yield from (affected_words(app) for app in change.apps)
    if change.orders:
        yield ""
        yield "to run:"
        yield from (f"  {order}" for order in change.orders)


def thing_words(thing: Touched) -> str:
    """One thing that differs."""
    files = f" ({_files(thing.files)})" if thing.files > 1 else ""
    note = f": {one_line(thing.note)}" if thing.note else ""
    return f"{thing.kind} {_short(thing.name)} {thing.how}{files}{note}"


def affected_words(app: Affected) -> str:
    """One app that is reached, why, and what guards it."""
    guards = f"guarded by {', '.join(map(one_line, app.suites))}" if app.suites else "NO suite guards it"
    if app.fault:
        return f"app {one_line(app.app)} CANNOT answer: {one_line(app.fault)}"
    does = "may answer otherwise" if app.answers else "is measured otherwise"
    return f"app {one_line(app.app)} {does}: {one_line(', '.join(app.because))}; {guards}"


def change_json(change: BranchChange) -> Json:
    """The change for a program."""
    return {
        "schema": 1,
        "base": change.base,
        "merge_base": change.commit,
        "sentence": sentence(change),
        "changed": [
            {
                "kind": thing.kind,
                "name": thing.name,
                "how": thing.how,
                "files": thing.files,
                "note": thing.note or None,
                "same_meaning": thing.note == SAME,
            }
            for thing in change.things
        ],
        "other_files": change.others,
        "apps": [
            {
                "app": app.app,
                "because": list(app.because),
                "suites": list(app.suites),
                "answers_may_change": app.answers,
                "fault": app.fault or None,
            }
            for app in change.apps
        ],
        "run": list(change.orders),
    }


def _grouped(things: Sequence[Touched]) -> list[str]:
    """Each kind once, as "the prompt answer" or "2 recipes", without what means the same."""
    kinds: dict[str, list[str]] = {}
    for thing in things:
        if thing.note != SAME:
            kinds.setdefault(thing.kind, []).append(_quoted(thing.name))
    return [
        f"the {kind if kind != 'documents' else 'documents of'} {names[0]}"
        if len(names) == 1
        else f"{len(names)} {_plural(kind)} ({_listed(names)})"
        for kind, names in kinds.items()
    ]


def _plural(kind: str) -> str:
    """Several of a kind."""
    plurals = {
        "corpus": "corpora",
        "documents": "sets of documents",
        "code": "apps' code",
        "settings": "settings",
    }
    return plurals.get(kind, f"{kind}s")


def _quoted(name: str) -> str:
    """A name that no reader takes for a word of the sentence."""
    return f"“{one_line(name)}”"


def _short(name: str) -> str:
    """A name on one line; a digest by how it begins."""
    return one_line(_DIGEST.sub(lambda digest: digest[0][:_SHOWN], name))


def _listed(names: Sequence[str], *, most: int = _MOST_NAMED) -> str:
    shown = [*names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
