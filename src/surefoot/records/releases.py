"""A release: one content-addressed manifest of one app with everything it pins."""

from dataclasses import dataclass

from surefoot.records.digest import Json, canonical_json, digest_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedPrompt:
    """A further prompt of an app, by digest. `use` is the name that the app's code has for it."""

    use: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that decides an app's answers, by digest. Its own digest is the release.

    No times, paths, URLs or parents: equal parts make an equal release wherever they stand.
    `pipeline` names the code that answers; `abstention` is the sentence that says the documents are silent.
    `prompts` are those that the app's own code asks beside the one that answers, sorted by their use.
    """

    app: str
    pipeline: str
    abstention: str
    prompt_name: str
    prompt: str
    recipe: str
    snapshot: str
    passages: str
    embedder: str
    model_alias: str
    model: str
    prompts: tuple[PinnedPrompt, ...] = ()

    def canonical(self) -> bytes:
        """The bytes of manifest.json: canonical JSON. Further prompts stand in it where there are any."""
        further: dict[str, Json] = {
            pinned.use: {"name": pinned.name, "digest": pinned.digest} for pinned in self.prompts
        }
        return canonical_json(
            {
                "schema": 1,
                "app": self.app,
                "pipeline": self.pipeline,
                "abstention": self.abstention,
                "prompt": {"name": self.prompt_name, "digest": self.prompt},
                "recipe": self.recipe,
                "snapshot": {"digest": self.snapshot, "passages": self.passages},
                "embedder": self.embedder,
                "model": {"alias": self.model_alias, "identity": self.model},
                **({"prompts": further} if further else {}),
            }
        )

    @property
    def digest(self) -> str:
        """The release: SHA-256 of the canonical bytes, 64 hex digits."""
        return digest_bytes(self.canonical())
