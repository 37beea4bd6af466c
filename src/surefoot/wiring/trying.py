"""Two versions of a prompt, open in this process: the same model, and the same passages where they can be.

Nothing is proven by it and nothing is kept: no receipt, no trace, no service.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.answering import App, Question, Retriever
from surefoot.changes.prompt_diff import source_lines
from surefoot.changes.versions import PromptVersion
from surefoot.errors import SnapshotError, SurefootError
from surefoot.evals.canaries import planted
from surefoot.local import Report
from surefoot.prompts import Prompt
from surefoot.records import Case, Manifest, Reach, digest
from surefoot.releases import AppFile, ReleaseParts
from surefoot.reports.tried import Trial, TriedSide
from surefoot.retrieval import Embedder, Recipe
from surefoot.wiring.evaluating import index_working_tree
from surefoot.wiring.indexing import embedder_of, open_pinned
from surefoot.wiring.machine import Machine
from surefoot.wiring.model_choice import check_model, choosing, model_words
from surefoot.wiring.opening import app_of
from surefoot.wiring.project import Project
from surefoot.wiring.prompt_versions import PRODUCTION, case_named
from surefoot.wiring.releasing import manifest_over, parts_of, present_manifest
from surefoot.wiring.rivals import Place, Rival, place_of, rival_of, version_here
from surefoot.wiring.serving import ModelParts, model_of
from surefoot.wiring.shared_passages import GivenPassages, SharedRetriever, read_passages
from surefoot.wiring.try_order import TryOrder

HERE = "the working tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to be asked of every side; `name` says where it comes from, `case` of which case it is."""

    name: str
    question: Question
    case: Case | None = None

    def app(self, app: App) -> App:
        """The app as it is asked this: with what the case plants among its passages."""
        return app if self.case is None else planted(app, self.case)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrial:
    """What is tried, the apps of its sides in their order, and what to ask them."""

    shown: Trial
    apps: tuple[App, ...]
    asked: tuple[Asked, ...]

    async def search(self, asked: Asked) -> None:
        """Find the passages of a question, so that the times of its answers are the model's.

        What cannot be found is not told here: each side says it itself.
        """
        for retriever, limit in {(app.retriever, app.passages_shown) for app in self.apps}:
            with suppress(SurefootError):
                await retriever.search(asked.question.text, limit=limit, reach=asked.question.reach)


@asynccontextmanager
async def open_trial(project: Project, order: TryOrder, report: Report) -> AsyncIterator[OpenTrial]:
    """Open the sides of a trial, the one compared with first.

    The index of the documents as they are now is built where it is not there. Raises SurefootError: a prompt
    that does not load, nothing to compare with, a model server that does not run or serves another model.
    """
    place = place_of(project, order.name, order.app)
    here = version_here(project, order.name)
    rival = rival_of(project, place, order.against)
    asked = _asked(project, place.app, order)
    project = await choosing(project, order.model)
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(model_of(project))
        await check_model(project, model)
        if order.passages is None:
            manifest, find = await _over_documents(project, place.app, stack, report)
        else:
            manifest, find = await _over_given(project, place.app, order.passages)
        parts = parts_of(project, place.app)
        sides = [_Side(name=HERE, version=here, manifest=manifest, parts=parts, release=None)]
        if rival is not None:
            sides.insert(0, _beside(rival, sides[-1], place))
        notes = [*place.notes, *_notes(project, order, rival)]
        apps = []
        for side in sides:
            retriever = await _retriever(side, sides[-1], find, notes)
            apps.append(await _open(side, retriever, model))
        notes += _other_notes(sides, given=order.passages is not None)
        yield OpenTrial(
            shown=Trial(
                prompt=order.name,
                app=place.app.name,
                model=f"{model_words(project)} at {project.chat_url()}",
                sides=tuple(side.shown for side in sides),
                change=_change(order.name, sides, rival),
                notes=tuple(notes),
            ),
            apps=tuple(apps),
            asked=asked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    name: str
    version: PromptVersion
    manifest: Manifest
    parts: ReleaseParts
    release: str | None

    @property
    def shown(self) -> TriedSide:
        """The side as it is printed."""
        prompt = self.version.prompt
        return TriedSide(
            name=self.name,
            prompt_name=self.version.name,
            prompt="" if prompt is None else prompt.digest,
            release=self.release,
        )


def _beside(rival: Rival, here: _Side, place: Place) -> _Side:
    """The other side: a release as it is, or the working tree with another version of the prompt."""
    if rival.release is not None:
        return _Side(
            name=rival.name,
            version=rival.version,
            manifest=rival.release.manifest,
            parts=rival.release.parts,
            release=rival.release.manifest.digest,
        )
    return _Side(
        name=rival.name,
        version=rival.version,
        manifest=here.manifest,
        parts=place.with_prompt(here.parts, rival.version),
        release=None,
    )


class _Indexes:
    """The indexes of a trial, each opened and searched once however many sides have it."""

    def __init__(self, project: Project, embedder: Embedder, stack: AsyncExitStack) -> None:
        self._project = project
        self._embedder = embedder
        self._stack = stack
        self._open: dict[tuple[str, str], Retriever] = {}

    async def find(self, snapshot: str, recipe: Recipe) -> Retriever:
        """The index of that snapshot, searched by the recipe. SnapshotError where it is not here."""
        key = (snapshot, recipe.digest)
        if key not in self._open:
            found = await open_pinned(self._project, snapshot, recipe, self._embedder)
            self._stack.push_async_callback(found.aclose)
            self._open[key] = SharedRetriever(found)
        return self._open[key]


Find = Callable[[str, Recipe], Awaitable[Retriever]]


async def _over_given(project: Project, app: AppFile, file: Path) -> tuple[Manifest, Find]:
    """The working tree over passages that somebody chose: no index has any part in it."""
    passages = read_passages(file)
    named = digest([passage.id for passage in passages])
    given = GivenPassages(passages)

    async def find(snapshot: str, recipe: Recipe) -> Retriever:
        return given

    return manifest_over(project, app, parts_of(project, app), snapshot=named, passages=named), find


async def _over_documents(
    project: Project, app: AppFile, stack: AsyncExitStack, report: Report
) -> tuple[Manifest, Find]:
    """The working tree over its documents as they are now."""
    await Machine(project, report).bring_embedder()
    embedder = await stack.enter_async_context(embedder_of(project))
    await index_working_tree(project, app, embedder, report)
    return present_manifest(project, app), _Indexes(project, embedder, stack).find


async def _retriever(side: _Side, here: _Side, find: Find, notes: list[str]) -> Retriever:
    """What a side searches; where its index cannot be opened, the working tree's, and a note says so."""
    try:
        return await find(side.manifest.snapshot, side.parts.recipe)
    except SnapshotError as error:
        if side is here:
            raise
        notes.append(f"{side.name} is shown the working tree's passages, not its own: {error.message}")
        return await find(here.manifest.snapshot, here.parts.recipe)


async def _open(side: _Side, retriever: Retriever, model: ModelParts) -> App:
    return await app_of(
        side.manifest, side.parts, retriever=retriever, model=model.chat, counter=model.counter
    )


def _asked(project: Project, app: AppFile, order: TryOrder) -> tuple[Asked, ...]:
    """The questions in words, then those of cases; the app's example where there are none."""
    said = [Asked(name="question", question=Question(text=text)) for text in order.questions]
    for wanted in order.cases:
        _, case = case_named(project, wanted)
        said.append(
            Asked(
                name=wanted,
                question=Question(text=case.question, history=case.history, reach=Reach(groups=case.groups)),
                case=case,
            )
        )
    example = Asked(name="the app's example", question=Question(text=app.example))
    return tuple(said) or (example,)


def _change(name: str, sides: Sequence[_Side], rival: Rival | None) -> str:
    """In one line what differs in the prompt."""
    if rival is None:
        return ""
    before, after = (side.shown for side in sides)
    if before.prompt == after.prompt:
        return f"the prompt is the same, {after.prompt[:12]}: what differs comes from elsewhere"
    lines = [
        line for line in source_lines(*(side.version for side in sides)) if line[:3] not in ("---", "+++")
    ]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    base = "" if rival.base == PRODUCTION else f" --base {rival.base}"
    see = "" if rival.base is None else f": surefoot prompt diff {name}{base}"
    return (
        f"the prompt differs, {before.prompt[:12]} -> {after.prompt[:12]}, "
        f"{added} line{'s' * (added != 1)} added and {removed} removed{see}"
    )


def _notes(project: Project, order: TryOrder, rival: Rival | None) -> Iterator[str]:
    """What a reader should know of the conditions."""
    if rival is None and order.against is None:
        yield "nothing of this app is in production yet, so nothing is compared; --against HEAD would"
    if order.passages is not None:
        yield f"the passages are those of {order.passages}; nothing is searched"
    if rival is None or rival.release is None:
        return
    pinned = rival.release.manifest
    if pinned.model != project.chat_identity():
        yield f"{rival.name} pins the model {pinned.model_alias} ({pinned.model[:12]}); here another answers"


def _prompts(side: _Side) -> Iterator[Prompt]:
    yield side.parts.prompt
    yield from side.parts.prompts.values()


def _other_notes(sides: Sequence[_Side], *, given: bool) -> list[str]:
    """What else than the prompt differs, and may be why the answers do."""
    if len(sides) < 2:
        return []
    before, after = (side.manifest for side in sides)
    there, here = ({prompt.name: prompt.digest for prompt in _prompts(side)} for side in sides)
    parts = {
        **{f"the prompt {name}": there.get(name) != here[name] for name in sorted(here)},
        "documents": not given and before.passages != after.passages,
        "recipe": not given and before.recipe != after.recipe,
        "pipeline": before.pipeline != after.pipeline,
        "abstention sentence": before.abstention != after.abstention,
    }
    tried = f"the prompt {sides[-1].version.name}"
    differing = [name for name, differs in parts.items() if differs and name != tried]
    return [f"not only the prompt differs, also: {', '.join(differing)}"] if differing else []
