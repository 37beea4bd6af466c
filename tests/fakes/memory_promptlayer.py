"""PromptLayer in memory, behind the same ports as the real one."""

from surefoot.errors import ContentRefusedError, IntegrationError
from surefoot.integrations.promptlayer.ports import Kept, Label, LoggedRequest, Publication


class MemoryPromptLayer:
    """Keeps prompts, labels, requests and scores; raises `failure` from every call while it is set."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Publication]] = {}
        self.standing: dict[str, dict[str, int]] = {}
        self.logged: dict[int, tuple[LoggedRequest, int | None]] = {}
        self.scores: dict[int, dict[str, int]] = {}
        self.failure: IntegrationError | None = None
        self.published = 0

    async def find(self, name: str, *, version: int | None = None, label: str | None = None) -> Kept | None:
        self._maybe_fail()
        versions = self.versions.get(name, [])
        number = version or (self.standing.get(name, {}).get(label, 0) if label else len(versions))
        if not 0 < number <= len(versions):
            return None
        kept = versions[number - 1]
        return Kept(
            prompt_id=1 + sorted(self.versions).index(name),
            name=name,
            version=number,
            template=kept.template,
            metadata=kept.metadata,
        )

    async def publish(self, publication: Publication) -> int:
        self._maybe_fail()
        self.published += 1
        self.versions.setdefault(publication.name, []).append(publication)
        return len(self.versions[publication.name])

    async def labels(self, name: str) -> tuple[Label, ...]:
        self._maybe_fail()
        standing = self.standing.get(name, {})
        return tuple(
            Label(id=place, name=label, version=standing[label]) for place, label in enumerate(standing, 1)
        )

    async def put_label(self, kept: Kept, label: str) -> None:
        self._maybe_fail()
        self.standing.setdefault(kept.name, {})[label] = kept.version

    async def names(self) -> tuple[str, ...]:
        self._maybe_fail()
        return tuple(sorted(self.versions))

    async def log(self, request: LoggedRequest, *, prompt_version: int | None) -> int:
        self._maybe_fail()
        number = len(self.logged) + 1
        self.logged[number] = (request, prompt_version)
        self.scores[number] = {}
        return number

    async def score(self, request_id: int, name: str, value: int) -> None:
        self._maybe_fail()
        if request_id not in self.logged:
            raise ContentRefusedError("there is no such request", remedy="none")
        self.scores[request_id][name] = value

    def _maybe_fail(self) -> None:
        if self.failure is not None:
            raise self.failure
