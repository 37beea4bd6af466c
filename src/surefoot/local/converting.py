"""From a model's source files to the folder it is served from."""

import asyncio
import json
import math
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from surefoot.errors import ChecksumError, FetchError
from surefoot.local.checkpoint_layout import Layout, lay_out
from surefoot.local.commands import Finished, run_command
from surefoot.local.environment import Environment
from surefoot.local.gguf_header import GgufFile, read_gguf
from surefoot.local.progress import Progress, Report
from surefoot.local.space import require_disk
from surefoot.local.weights import make_weights
from surefoot.models import ModelSpec
from surefoot.records import digest_bytes

SCRIPT = Path(__file__).with_name("gguf_to_int8.py")
CHECKPOINT = "model.safetensors"
CHAT_TEMPLATE = "chat_template.jinja"
PLAN = "plan.json"
ONNX = "model.onnx"

PROGRESS = re.compile(r"progress (\d+) (\d+)")

OnnxBuilder: TypeAlias = Callable[[Path, Path], None]
"""Writes the ONNX graph of a safetensors file: `surefoot.models.minilm_onnx.build_minilm_onnx`."""


async def convert_chat(
    spec: ModelSpec,
    sources: tuple[Path, ...],
    *,
    cache: Path,
    environment: Environment,
    expanded: bool,
    variables: Mapping[str, str],
    report: Report,
) -> Path:
    """A chat model's folder, made from its GGUF file by vLLM's own Python, if it is not there yet.

    `expanded` makes the form for processors that multiply INT8 slowly: the same weights, as float16.
    Raises FetchError for a file that cannot be converted, ChecksumError when its chat template is not the
    pinned one, ResourceError for a full disk.
    """

    async def fill(folder: Path, held: int) -> None:
        gguf = await asyncio.to_thread(read_gguf, sources[0])
        layout = lay_out(gguf, spec.quantisation, expanded=expanded)
        require_disk(cache, layout.size_bytes, f"the checkpoint of {spec.title}")
        await asyncio.to_thread(_begin, folder, sources[0], gguf, layout)
        finished = await run_command(
            (str(environment.python), "-P", str(SCRIPT), str(folder / PLAN)),
            environment={**variables, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
            each_line=lambda line: _tell(line, f"converting {spec.title}", report),
            held=held,
        )
        _refuse_failure(spec, finished)
        (folder / PLAN).unlink()
        _check_chat_template(spec, folder / CHAT_TEMPLATE)

    return await make_weights(spec, fill, cache=cache, expanded=expanded, report=report)


async def convert_embedder(
    spec: ModelSpec, sources: tuple[Path, ...], *, cache: Path, build_onnx: OnnxBuilder, report: Report
) -> Path:
    """An embedder's folder, `model.onnx` beside its `tokenizer.json`, made if it is not there yet."""

    async def fill(folder: Path, held: int) -> None:
        for source in sources:
            if source.suffix == ".safetensors":
                await asyncio.to_thread(build_onnx, source, folder / ONNX)
            else:
                await asyncio.to_thread(shutil.copyfile, source, folder / source.name)

    return await make_weights(spec, fill, cache=cache, expanded=False, report=report)


def _begin(folder: Path, source: Path, gguf: GgufFile, layout: Layout) -> None:
    """The checkpoint with its header and full size, and the plan for the script that fills it."""
    checkpoint = folder / CHECKPOINT
    with checkpoint.open("wb") as stream:
        stream.write(layout.header)
        stream.truncate(layout.size_bytes)
    plan = {
        "source": str(source),
        "checkpoint": str(checkpoint),
        "folder": str(folder),
        "metadata": gguf.metadata,
        "tensors": [
            {
                "rows": math.prod(placement.tensor.shape[:-1]),
                "columns": placement.tensor.shape[-1],
                "block_type": placement.tensor.block_type,
                "start": placement.tensor.start,
                "write_to": placement.write_to,
                "scale_to": placement.scale_to,
                "rounded": placement.rounded,
            }
            for placement in layout.placements
        ],
        "quantised": any(placement.scale_to is not None for placement in layout.placements),
        "tied": layout.tied,
        "vocabulary": layout.vocabulary,
    }
    (folder / PLAN).write_text(json.dumps(plan), encoding="utf-8")


def _tell(line: str, step: str, report: Report) -> None:
    if (said := PROGRESS.fullmatch(line)) is not None:
        report(Progress(step=step, done=int(said[1]), total=int(said[2]), unit="weights"))


def _refuse_failure(spec: ModelSpec, finished: Finished) -> None:
    if finished.code != 0:
        lines = [line for line in finished.tail if not PROGRESS.fullmatch(line)][-8:]
        said = "\n".join(f"    {line}" for line in lines)
        raise FetchError(
            f"{spec.title} could not be converted (exit code {finished.code}); the last lines:\n{said}",
            remedy="a negative code means it was killed, most often for lack of memory: free some; otherwise "
            "report these lines",
        )


def _check_chat_template(spec: ModelSpec, path: Path) -> None:
    found = digest_bytes(path.read_bytes())
    if spec.chat_template_sha256 is not None and found != spec.chat_template_sha256:
        raise ChecksumError(
            f"the chat template of {spec.title} has the SHA-256 {found!r}; "
            f"pinned is {spec.chat_template_sha256!r}",
            remedy="if this template is the right one, pin it as chat_template_sha256 in models.toml",
        )
