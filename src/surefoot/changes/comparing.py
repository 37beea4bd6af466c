"""What a branch changes: the things that differ, the apps and suites they reach, and what to run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from surefoot.changes.git_history import FileChange, How
from surefoot.changes.prompt_diff import contract_change
from surefoot.changes.sides import JUDGES, AppFacts, Layout, Side
from surefoot.changes.versions import PromptVersion

Kind = Literal[
    "prompt", "include", "recipe", "corpus", "documents", "model", "suite", "judge", "app", "code",
    "settings", "channel", "release", "approval",
]  # fmt: skip

_SERVED: Mapping[str, Kind] = {"recipes": "recipe", "corpora": "corpus"}
_PROMOTED: Mapping[str, Kind] = {"channels": "channel", "releases": "release", "approvals": "approval"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One thing that differs. `note` says in words what that means, empty where there is nothing to add."""

    kind: Kind
    name: str
    how: How
    note: str = ""
    files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """An app that the change reaches. `because` names the parts of it that differ.

    `answers` is whether it may answer otherwise; else only what it is measured by has changed. `fault` is why
    it cannot answer at all, empty where nothing is known to keep it from that.
    """

    app: str
    because: tuple[str, ...]
    suites: tuple[str, ...]
    answers: bool
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchChange:
    """All of it. `base` is the name given, `commit` where the branch left it; `others` counts files."""

    base: str
    commit: str
    things: tuple[Touched, ...]
    apps: tuple[Affected, ...]
    orders: tuple[str, ...]
    others: int

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts that mean something else, or no longer load, and that still are there."""
        return tuple(
            thing.name
            for thing in self.things
            if thing.kind == "prompt" and thing.how != "deleted" and thing.note != SAME
        )


SAME = "it means the same"


def compare_sides(
    before: Side, after: Side, files: Sequence[FileChange], layout: Layout, *, base: str, commit: str
) -> BranchChange:
    """What differs between two sides, of which these files differ."""
    grouped: dict[tuple[Kind, str], list[FileChange]] = {}
    others = 0
    for change in files:
        keys = {key for path in change.paths for key in _keys(path, layout, (before, after))}
        for key in keys:
            grouped.setdefault(key, []).append(change)
        others += not keys
    things = tuple(
        _with_dependants(Touched(kind=kind, name=name, how=_how(changes), files=len(changes)), before, after)
        for (kind, name), changes in sorted(grouped.items(), key=lambda item: item[0])
        if kind not in ("prompt", "model")
    )
    every = (*_prompts(before, after), *things, *_models(before, after))
    apps = tuple(_apps(every, before, after))
    orders = tuple(_orders(every, apps, base))
    return BranchChange(base=base, commit=commit, things=every, apps=apps, orders=orders, others=others)


def _keys(path: str, layout: Layout, sides: Sequence[Side]) -> Iterator[tuple[Kind, str]]:
    """The things that a file is part of; none for a file that decides no answer and no verdict."""
    inside = _below(path, layout.prompts)
    if inside is not None and len(inside) == 1:
        yield from _prompt_key(inside[0])
    inside = _below(path, layout.serving)
    if inside is not None:
        yield from _served_key(path, inside, sides)
    yield from _documents(path, sides)
    inside = _below(path, layout.evals)
    if inside is not None and len(inside) > 1:
        yield from _suite_key(inside)


def _prompt_key(name: str) -> Iterator[tuple[Kind, str]]:
    if name.endswith(".prompt.md"):
        yield "prompt", name.removesuffix(".prompt.md")
    elif name.startswith("_") and name.endswith(".md"):
        yield "include", name[1:-3]


def _served_key(path: str, inside: tuple[str, ...], sides: Sequence[Side]) -> Iterator[tuple[Kind, str]]:
    head, stem = inside[0], PurePosixPath(path).stem
    if head in _SERVED and len(inside) == 2:
        yield _SERVED[head], stem
    elif head in _PROMOTED and len(inside) > 1:
        yield _PROMOTED[head], f"{inside[1]}/{stem}" if head == "channels" else inside[1]
    elif head in ("models.toml", "settings.toml"):
        yield "model" if stem == "models" else "settings", stem
    elif head == "apps" and len(inside) == 2 and path.endswith(".toml"):
        yield "app", stem
    elif head == "apps":
        folders = {app.code for side in sides for app in side.apps.values() if app.code is not None}
        yield from (("code", folder) for folder in sorted(folders) if _below(path, folder) is not None)


def _documents(path: str, sides: Sequence[Side]) -> Iterator[tuple[Kind, str]]:
    for name in sorted({name for side in sides for name in side.corpora}):
        sources = {source for side in sides for source in side.corpora.get(name, ())}
        if any(path == source or _below(path, source) is not None for source in sources):
            yield "documents", name


def _suite_key(inside: tuple[str, ...]) -> Iterator[tuple[Kind, str]]:
    if inside[0] == JUDGES:
        yield "judge", inside[1]
    elif len(inside) == 2:
        yield "suite", inside[0]


def _below(path: str, folder: str) -> tuple[str, ...] | None:
    """The path's parts within a folder; None when it is not in it."""
    try:
        return PurePosixPath(path).relative_to(folder).parts or None
    except ValueError:
        return None


def _how(changes: Sequence[FileChange]) -> How:
    hows = {change.how for change in changes}
    return hows.pop() if len(hows) == 1 else "changed"


def _with_dependants(thing: Touched, before: Side, after: Side) -> Touched:
    """An include with the prompts that it is part of."""
    if thing.kind != "include":
        return thing
    file = f"_{thing.name}.md"
    users = sorted(
        {name for side in (before, after) for name, each in side.prompts.items() if file in each.texts}
    )
    note = f"part of {', '.join(users)}" if users else "part of no prompt"
    return Touched(kind=thing.kind, name=thing.name, how=thing.how, note=note)


def _prompts(before: Side, after: Side) -> Iterator[Touched]:
    for name in sorted({*before.prompts, *after.prompts}):
        old, new = before.prompts.get(name), after.prompts.get(name)
        if old is None or new is None:
            how: How = "added" if old is None else "deleted"
            yield Touched(kind="prompt", name=name, how=how, note="" if new is None else new.fault or "")
        elif (old.texts, old.fault) != (new.texts, new.fault):
            yield Touched(kind="prompt", name=name, how="changed", note=_prompt_note(old, new))


def _prompt_note(old: PromptVersion, new: PromptVersion) -> str:
    if new.prompt is None:
        return f"it does not load: {new.fault}"
    if old.prompt is None:
        return "it did not load, and now does"
    if old.prompt.digest == new.prompt.digest:
        return SAME
    own, includes = f"{new.name}.prompt.md", sorted(file for file in new.texts if file.startswith("_"))
    through = [file[1:-3] for file in includes if old.texts.get(file) != new.texts[file]]
    notes = [f"through {', '.join(through)}"] if through and old.texts.get(own) == new.texts[own] else []
    contract = contract_change(old.prompt, new.prompt)
    if not contract.compatible:
        notes.append(f"its contract breaks: {'; '.join(contract.reasons)}")
    return "; ".join(notes)


def _models(before: Side, after: Side) -> Iterator[Touched]:
    for alias in sorted({*before.models, *after.models}):
        old, new = before.models.get(alias), after.models.get(alias)
        if old != new:
            how: How = "added" if old is None else "deleted" if new is None else "changed"
            yield Touched(kind="model", name=alias, how=how)


def _apps(things: Sequence[Touched], before: Side, after: Side) -> Iterator[Affected]:
    differs = {(thing.kind, thing.name): thing for thing in things if thing.note != SAME}
    for name, app in sorted(after.apps.items()):
        parts = [*_parts(name, app), *_parts(name, before.apps.get(name, app))]
        because = [f"{kind} {part}" for kind, part in dict.fromkeys(parts) if (kind, part) in differs]
        suites = after.suites_of(name)
        measured = [f"suite {suite}" for suite in suites if ("suite", suite) in differs]
        if because or measured:
            yield Affected(
                app=name,
                because=(*because, *measured),
                suites=suites,
                answers=bool(because),
                fault=_fault(app, after),
            )


def _fault(app: AppFacts, side: Side) -> str:
    gone = [name for name in app.prompts if name not in side.prompts]
    if app.fault or not gone:
        return app.fault
    return f"it names the prompt {gone[0]!r}, which is not there"


def _parts(name: str, app: AppFacts) -> Iterator[tuple[Kind, str]]:
    yield "app", name
    yield from (("prompt", prompt) for prompt in app.prompts)
    yield from (("corpus", app.corpus), ("documents", app.corpus), ("recipe", app.recipe))
    yield "model", app.model
    if app.code is not None:
        yield "code", app.code


def _orders(things: Sequence[Touched], apps: Sequence[Affected], base: str) -> Iterator[str]:
    for thing in things:
        if thing.kind == "prompt" and thing.how != "deleted" and thing.note != SAME:
            yield f"surefoot prompt diff {thing.name} --base {base}"
    yield from (f"surefoot gate run --app {app.app}" for app in apps if app.suites)
