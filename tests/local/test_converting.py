"""Converting a chat model: what surefoot does around the script, and the script itself, for real."""

import asyncio
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from tests.fakes.small_gguf import TEMPLATE, tensors, write_gguf
from tests.fakes.small_models import Heard, model, source

from surefoot.errors import ChecksumError, FetchError
from surefoot.local.converting import convert_chat
from surefoot.local.environment import Environment, find_environment
from surefoot.local.gguf_to_int8 import to_int8

LOCK = Path(__file__).parents[2] / "serving" / "vllm-cpu.lock"
SPEC = model(source(b"x"), chat_template_sha256=hashlib.sha256(TEMPLATE.encode()).hexdigest())


def python_that(does: str, folder: Path) -> Environment:
    """An interpreter in name only: called with -P, the script and the plan."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nfolder=$(dirname "$3")\n{does}\n')
    python.chmod(0o755)
    return Environment(folder=folder, python=python)


def convert(
    tmp_path: Path, environment: Environment, *, heard: Heard | None = None, expanded: bool = False
) -> Path:
    return asyncio.run(
        convert_chat(
            SPEC,
            (write_gguf(tmp_path / "model.gguf"),),
            cache=tmp_path / "cache",
            environment=environment,
            expanded=expanded,
            variables=os.environ,
            report=heard or Heard(),
        )
    )


def test_progress_is_passed_on_and_the_plan_does_not_stay(tmp_path: Path) -> None:
    does = "echo progress 5 10; echo hello; echo progress 10 10\n"
    does += f"printf %s '{TEMPLATE}' > $folder/chat_template.jinja"
    heard = Heard()
    folder = convert(tmp_path, python_that(does, tmp_path), heard=heard)
    assert [(step.done, step.total, step.unit) for step in heard.progress] == [
        (5, 10, "weights"),
        (10, 10, "weights"),
    ]
    names = {path.name for path in folder.iterdir()}
    assert names == {"model.safetensors", "chat_template.jinja", "manifest.json"}


def test_a_failed_conversion_shows_its_last_lines_and_leaves_nothing(tmp_path: Path) -> None:
    does = "echo progress 5 10; echo 'ValueError: no such block type'; exit 1"
    with pytest.raises(FetchError, match="exit code 1") as caught:
        convert(tmp_path, python_that(does, tmp_path))
    assert "ValueError: no such block type" in caught.value.message
    assert "progress" not in caught.value.message
    assert [*(tmp_path / "cache" / "weights").iterdir()] == []


def test_another_chat_template_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    does = "printf other > $folder/chat_template.jinja"
    with pytest.raises(ChecksumError, match="chat template of Small Model") as caught:
        convert(tmp_path, python_that(does, tmp_path))
    assert str(SPEC.chat_template_sha256) in caught.value.message
    assert [*(tmp_path / "cache" / "weights").iterdir()] == []


def vllms_own() -> Environment:
    """The environment `surefoot up` made, in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "surefoot"
    found = find_environment(LOCK, cache=cache)
    if found is None:
        pytest.fail("vLLM's environment is not here: run `surefoot model fetch small` first")
    return found


@pytest.mark.journey
def test_a_real_conversion_writes_what_was_in_the_gguf_file(tmp_path: Path) -> None:
    folder = convert(tmp_path, vllms_own())
    expected = tensors()
    with safe_open(folder / "model.safetensors", framework="np") as opened:
        for gguf_name, name in (
            ("blk.0.ffn_down.weight", "mlp.down_proj.weight"),
            ("blk.0.attn_k.weight", "self_attn.k_proj.weight"),
        ):
            numbers, scale = to_int8(expected[gguf_name])
            assert np.array_equal(opened.get_tensor(f"model.layers.0.{name}"), numbers)
            assert np.array_equal(opened.get_tensor(f"model.layers.0.{name}_scale"), scale)
    config = json.loads((folder / "config.json").read_text())
    assert config["model_type"] == "qwen2"
    assert config["tie_word_embeddings"] is False
    assert config["quantization_config"]["format"] == "int-quantized"
    assert config["vocab_size"] == 16
    assert (folder / "chat_template.jinja").read_text() == TEMPLATE
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert vocabulary["ab"] == 3


@pytest.mark.journey
def test_a_real_conversion_for_processors_without_int8_holds_the_same_numbers(tmp_path: Path) -> None:
    folder = convert(tmp_path, vllms_own(), expanded=True)
    numbers, scale = to_int8(tensors()["blk.0.ffn_down.weight"])
    with safe_open(folder / "model.safetensors", framework="np") as opened:
        found = opened.get_tensor("model.layers.0.mlp.down_proj.weight")
    assert np.array_equal(found, (numbers * scale).astype(np.float16))
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
