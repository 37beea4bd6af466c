"""PromptLayer by the settings: off until a key is named, and then beside the work, never in its way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from surefoot.errors import ContentRefusedError, IntegrationError, SettingsError, SurefootError
from surefoot.integrations.promptlayer.backlog import FILE, Backlog
from surefoot.integrations.promptlayer.mirroring import DIGEST, Mirrored, mirror_prompt
from surefoot.integrations.promptlayer.ports import Prompts, Publication, Requests
from surefoot.integrations.promptlayer.sending import Sender
from surefoot.prompts import Prompt
from surefoot.prompts.forms.promptlayer import to_promptlayer
from surefoot.releases import Entry, Receipt, load_parts, read_channel, read_entry, read_release
from surefoot.wiring.project import Project, secret

SYNC = "surefoot promptlayer sync"
_CALLS_OF_A_PROMOTION = 4  # as many deadlines as a promotion may wait; what is left is sent later


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLayerParts:
    """PromptLayer as one process speaks to it. `mirrored` grows as its sender mirrors."""

    backlog: Backlog
    prompts: Prompts
    sender: Sender
    mirrored: list[Mirrored]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What one `sync` did; `error` is why it stopped, `waiting` what waits on."""

    mirrored: tuple[Mirrored, ...]
    sent: int
    given_up: tuple[SurefootError, ...]
    waiting: int
    error: SurefootError | None


def is_on(project: Project) -> bool:
    """Whether the settings switch PromptLayer on."""
    return project.settings.promptlayer.key_variable is not None


def backlog_of(project: Project) -> Backlog:
    """What waits to be sent, in the state directory; also while PromptLayer is off."""
    return Backlog(
        project.settings.folders.state / FILE, most_requests=project.settings.promptlayer.backlog_size
    )


def label_of(project: Project, app: str) -> str:
    """The release label of the app's production."""
    return project.settings.promptlayer.label.replace("{app}", app)


@asynccontextmanager
async def promptlayer_of(project: Project) -> AsyncIterator[PromptLayerParts]:
    """PromptLayer, ready to be asked. SettingsError where it is off, or its key is not there."""
    chosen = project.settings.promptlayer
    key = secret(chosen.key_variable)
    if key is None:
        raise SettingsError(
            "PromptLayer is off: the settings name no variable that holds its key",
            remedy='set [promptlayer] key_variable = "PROMPTLAYER_API_KEY" in serving/settings.toml',
        )
    # Only now: nobody who leaves PromptLayer off should have to install or load its library.
    from surefoot.integrations.promptlayer.client import PromptLayerClient

    backlog, mirrored = backlog_of(project), list[Mirrored]()
    async with PromptLayerClient(
        url=chosen.url, api_key=key, deadline_seconds=chosen.deadline_seconds
    ) as client:
        prompts: Prompts = client
        requests: Requests = client

        async def mirror(app: str) -> None:
            mirrored.extend(await mirror_app(project, prompts, backlog, app))

        sender = Sender(
            backlog,
            prompts=prompts,
            requests=requests,
            mirror=mirror,
            label_of=lambda app: label_of(project, app),
        )
        yield PromptLayerParts(backlog=backlog, prompts=prompts, sender=sender, mirrored=mirrored)


async def mirror_app(project: Project, prompts: Prompts, backlog: Backlog, app: str) -> tuple[Mirrored, ...]:
    """Bring the prompts of the app's production over; nothing where nothing is in production."""
    place = project.deployment
    pointer = read_channel(place.serving, app)
    if pointer is None:
        return ()
    bundle = read_release(place.promoted, pointer.release)
    entry = read_entry(bundle.folder, pointer)
    parts, done = load_parts(bundle), []
    for prompt in (parts.prompt, *parts.prompts.values()):
        label = label_of(project, app)
        _refuse_two_under_one_label(project, app, prompt, label)
        known = await asyncio.to_thread(backlog.version_of, prompt.name, prompt.digest)
        found = await mirror_prompt(
            prompts, _publication(app, prompt, entry), label=label, known_version=known
        )
        await asyncio.to_thread(backlog.remember_version, prompt.name, prompt.digest, found.version)
        done.append(found)
    return tuple(done)


async def mirror_now(project: Project, app: str) -> str | None:
    """Mirror what was just promoted or rolled back; the sentence to tell. None while PromptLayer is off.

    It raises nothing: a promotion is done once it is committed. What does not work now waits.
    """
    if not is_on(project):
        return None
    try:
        await asyncio.to_thread(backlog_of(project).keep_mirror, app)
    except SurefootError as error:
        return f"not mirrored to PromptLayer: {error.message}; to mend it: {error.remedy}, then {SYNC}"
    limit = _CALLS_OF_A_PROMOTION * project.settings.promptlayer.deadline_seconds
    try:
        async with asyncio.timeout(limit), promptlayer_of(project) as parts:
            sent = await parts.sender.send_next(mirror_of=app)
            if sent is None:
                return f"{app} is being mirrored to PromptLayer by another process"
            if sent.error is not None:
                raise sent.error
            return "; ".join(map(told, parts.mirrored))
    except TimeoutError:
        why, mend = f"it took more than {limit:g} s", "look whether PromptLayer is well"
    except ModuleNotFoundError as missing:
        why, mend = f"{missing.name} is not installed", "pip install 'surefoot[promptlayer]'"
    except SurefootError as error:
        why, mend = error.message, error.remedy
    return f"not mirrored to PromptLayer yet, and it waits: {why}; to mend it: {mend}; then run `{SYNC}`"


async def sync(project: Project) -> Synced:
    """Mirror every app's production and send all that waits, once each; stop where PromptLayer fails."""
    async with promptlayer_of(project) as parts:
        for app in project.apps:
            if read_channel(project.deployment.serving, app.name) is not None:
                await asyncio.to_thread(parts.backlog.keep_mirror, app.name)
        given_up: list[SurefootError] = []
        through, after, error = 0, 0, None
        while error is None and (sent := await parts.sender.send_next(after=after, due=False)):
            after = sent.entry.position
            if sent.error is None:
                through += sent.entry.kind == "request"
            elif isinstance(sent.error, ContentRefusedError):
                given_up.append(sent.error)
            else:
                error = sent.error
        state = await asyncio.to_thread(parts.backlog.state)
    return Synced(
        mirrored=tuple(parts.mirrored),
        sent=through,
        given_up=tuple(given_up),
        waiting=state.waiting,
        error=error,
    )


def told(mirrored: Mirrored) -> str:
    """One line about a prompt that was mirrored."""
    where = f"version {mirrored.version} of {mirrored.name!r}"
    match mirrored.deed:
        case "published":
            return f"PromptLayer: published {where}, labelled {mirrored.label!r}"
        case "labelled":
            return f"PromptLayer: {mirrored.label!r} now stands at {where}"
        case "same":
            return f"PromptLayer: {mirrored.label!r} stands at {where} already"


def _publication(app: str, prompt: Prompt, entry: Entry) -> Publication:
    exported = to_promptlayer(prompt)
    template, metadata = exported.value.get("prompt_template"), exported.value.get("metadata")
    if not isinstance(template, dict) or not isinstance(metadata, dict | None):
        raise IntegrationError(
            f"the prompt {prompt.name!r} has no form that PromptLayer knows", remedy="export it, and look"
        )
    commit = (entry.revision if isinstance(entry, Receipt) else None) or "none"
    return Publication(
        name=prompt.name,
        template=template,
        metadata={
            **(metadata or {}),
            DIGEST: prompt.digest,
            "surefoot_contract": prompt.contract_digest,
            "surefoot_app": app,
            "surefoot_release": entry.release,
            "surefoot_receipt" if isinstance(entry, Receipt) else "surefoot_break_glass": entry.digest,
            "surefoot_commit": commit,
            "surefoot_lost": list(exported.lost),
        },
        commit_message=f"surefoot: {entry.release[:12]} of {app:.20}, commit {commit[:12]}",
    )


def _refuse_two_under_one_label(project: Project, app: str, prompt: Prompt, label: str) -> None:
    """One label stands at one version: two apps with different texts of one prompt need one each."""
    for other in project.apps:
        if other.name == app or label_of(project, other.name) != label:
            continue
        serves = project.deployment.in_production(other.name)
        if serves is None or serves.manifest.prompt_name != prompt.name:
            continue
        if serves.manifest.prompt != prompt.digest:
            raise SettingsError(
                f"{app!r} and {other.name!r} have different texts of {prompt.name!r} in production, "
                f"and both would stand under {label!r}",
                remedy='set [promptlayer] label = "{app}-production"',
            )
