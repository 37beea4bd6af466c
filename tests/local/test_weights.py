"""The folder a model is served from: whole or not there."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.fakes.small_models import Heard, model, source

from surefoot.errors import ChecksumError, NotFoundError
from surefoot.local.converting import convert_embedder
from surefoot.local.weights import find_weights, make_weights, verify_weights, weights_folder

SPEC = model(source(b"x"))
FILES = {"config.json": b"{}", "model.safetensors": b"numbers"}


async def fill(folder: Path, held: int) -> None:
    for name, content in FILES.items():
        await asyncio.to_thread((folder / name).write_bytes, content)


async def fill_half(folder: Path, held: int) -> None:
    await asyncio.to_thread((folder / "config.json").write_bytes, b"{}")
    raise ChecksumError("no", remedy="none")


def make(cache: Path) -> Path:
    return asyncio.run(make_weights(SPEC, fill, cache=cache, expanded=False, report=Heard()))


def find(cache: Path) -> Path | None:
    return find_weights(SPEC, cache=cache, expanded=False)


def test_a_made_folder_is_found_and_verified(tmp_path: Path) -> None:
    folder = make(tmp_path)
    assert folder == weights_folder(SPEC, cache=tmp_path, expanded=False) == find(tmp_path)
    assert [file.name for file in asyncio.run(verify_weights(folder))] == sorted(FILES)
    assert json.loads((folder / "manifest.json").read_text())["identity"] == SPEC.identity


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ChecksumError):
        asyncio.run(make_weights(SPEC, fill_half, cache=tmp_path, expanded=False, report=Heard()))
    assert [*(tmp_path / "weights").iterdir()] == []


def test_what_a_killed_making_left_is_removed_by_the_next(tmp_path: Path) -> None:
    final = weights_folder(SPEC, cache=tmp_path, expanded=False)
    making = final.with_name(f".{final.name}.making")
    making.mkdir(parents=True)
    (making / "half").touch()
    assert sorted(path.name for path in make(tmp_path).iterdir()) == sorted([*FILES, "manifest.json"])
    assert not making.exists()


def test_a_changed_byte_is_seen_with_both_sums(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "model.safetensors").write_bytes(b"numbars")
    with pytest.raises(ChecksumError, match=r"model.safetensors' has the SHA-256 '\w{64}'; when it was made"):
        asyncio.run(verify_weights(folder))


@pytest.mark.parametrize("damage", ["missing", "shorter", "manifest gone", "manifest damaged"])
def test_a_damaged_folder_is_not_found_and_is_made_again(damage: str, tmp_path: Path) -> None:
    folder = make(tmp_path)
    if damage == "missing":
        (folder / "config.json").unlink()
    elif damage == "shorter":
        (folder / "model.safetensors").write_bytes(b"num")
    elif damage == "manifest gone":
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text("[]")
    assert find(tmp_path) is None
    assert asyncio.run(verify_weights(make(tmp_path)))


def test_verifying_what_was_never_made_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there are no weights") as caught:
        asyncio.run(verify_weights(tmp_path / "none"))
    assert "surefoot model fetch" in caught.value.remedy


def test_an_embedder_is_its_graph_beside_its_tokenizer(tmp_path: Path) -> None:
    weights, tokenizer = tmp_path / "model.safetensors", tmp_path / "tokenizer.json"
    weights.write_bytes(b"numbers")
    tokenizer.write_bytes(b"{}")

    def build(safetensors: Path, destination: Path) -> None:
        destination.write_bytes(b"graph of " + safetensors.read_bytes())

    folder = asyncio.run(
        convert_embedder(
            SPEC, (weights, tokenizer), cache=tmp_path / "cache", build_onnx=build, report=Heard()
        )
    )
    assert (folder / "model.onnx").read_bytes() == b"graph of numbers"
    assert (folder / "tokenizer.json").read_bytes() == b"{}"
