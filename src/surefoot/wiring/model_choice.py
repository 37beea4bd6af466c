"""Which model server a trial asks: the project's own, another of its aliases, or any that is named."""

from dataclasses import replace

from surefoot.errors import ModelMismatchError, ModelUnreachableError, SurefootError
from surefoot.models.asking_servers import served_model, served_models
from surefoot.wiring.project import Project, secret
from surefoot.wiring.serving import ModelParts, expectation_of
from surefoot.wiring.try_order import ModelChoice


async def choosing(project: Project, choice: ModelChoice) -> Project:
    """The same project with the chosen model server in its settings. Raises SurefootError."""
    if choice.endpoint is not None:
        return await _at(project, choice, choice.endpoint)
    if choice.model is None:
        return project
    named = "alias" if project.settings.chat.model is None else "model"
    return _set(project, {named: choice.model})


async def check_model(project: Project, model: ModelParts) -> None:
    """Raise ModelError, with what to start, unless the server lists the model that is to be asked."""
    try:
        names = await model.chat.served_names()
    except ModelUnreachableError as error:
        raise ModelUnreachableError(error.message, remedy=_start(project)) from error
    if expectation_of(project).served_name not in names:
        served = ", ".join(map(repr, names)) or "nothing"
        raise ModelMismatchError(
            f"the model server at {project.chat_url()} serves {served}, and not {model_words(project)}",
            remedy=_start(project),
        )


def model_words(project: Project) -> str:
    """The model that is asked, as a reader knows it."""
    if project.settings.chat.model is not None:
        return repr(project.settings.chat.model)
    return f"{project.chat_alias()} ({project.chat_spec().title})"


async def _at(project: Project, choice: ModelChoice, url: str) -> Project:
    """A server that is named is asked what it serves; the weights of an alias are known by their identity."""
    elsewhere = _set(project, {"url": url, "model": None, "key_variable": choice.key_variable})
    try:
        names = await served_models(url, api_key=secret(choice.key_variable))
    except ModelUnreachableError as error:
        raise ModelUnreachableError(error.message, remedy=f"start that server, or correct {url!r}") from error
    pinned = elsewhere
    if choice.model in project.models.aliases:
        pinned = _set(elsewhere, {"alias": choice.model})
    if choice.model in (None, pinned.settings.chat.alias) and _identity(pinned) in names:
        return pinned
    return _set(elsewhere, {"model": served_model(url, names, choice.model, option="--model")})


def _identity(project: Project) -> str | None:
    """The identity of the project's model; None where no alias of its catalogue answers."""
    try:
        return project.chat_identity()
    except SurefootError:
        return None


def _set(project: Project, update: dict[str, str | None]) -> Project:
    chat = project.settings.chat.model_copy(update=update)
    return replace(project, settings=project.settings.model_copy(update={"chat": chat}))


def _start(project: Project) -> str:
    another = "or name one that runs: --endpoint URL"
    chat = project.settings.chat
    if chat.url is not None:
        return f"see whether the server at {chat.url} runs and what it serves, {another}"
    alias = "" if chat.alias is None else f"SUREFOOT_CHAT_ALIAS={chat.alias} "
    return f"start it: `{alias}surefoot up` (in a clone of surefoot: `{alias}make up`), {another}"
