"""PromptLayer's service as one value: its library and its HTTP routes behind our ports."""

from types import TracebackType
from typing import Self

from surefoot.integrations.promptlayer.ports import Kept, Label, LoggedRequest, Publication
from surefoot.integrations.promptlayer.rest import PromptLayerRest
from surefoot.integrations.promptlayer.sdk import PromptLayerSdk


class PromptLayerClient:
    """PromptLayer at `url`, asked with `api_key`. Every call ends within `deadline_seconds`."""

    def __init__(self, *, url: str, api_key: str, deadline_seconds: float) -> None:
        self._sdk = PromptLayerSdk(url=url, api_key=api_key, deadline_seconds=deadline_seconds)
        self._rest = PromptLayerRest(url=url, api_key=api_key, deadline_seconds=deadline_seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._rest.aclose()

    async def find(self, name: str, *, version: int | None = None, label: str | None = None) -> Kept | None:
        """A version, by its number or its label, else the latest; None when there is none."""
        return await self._rest.find(name, version=version, label=label)

    async def publish(self, publication: Publication) -> int:
        """Make a new version; its number, as PromptLayer says it."""
        return await self._sdk.publish(publication)

    async def labels(self, name: str) -> tuple[Label, ...]:
        """Where each release label of a prompt stands."""
        return await self._rest.labels(name)

    async def put_label(self, kept: Kept, label: str) -> None:
        """Let the label stand at this version."""
        await self._rest.put_label(kept, label)

    async def names(self) -> tuple[str, ...]:
        """Every prompt's name."""
        return await self._rest.names()

    async def log(self, request: LoggedRequest, *, prompt_version: int | None) -> int:
        """Log a request; the id that PromptLayer gives it."""
        return await self._sdk.log(request, prompt_version=prompt_version)

    async def score(self, request_id: int, name: str, value: int) -> None:
        """Give a logged request a score."""
        await self._rest.score(request_id, name, value)
