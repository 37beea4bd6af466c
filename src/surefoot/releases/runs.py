"""Recorded responses beside the release that they were recorded for: `runs/<sha256>.jsonl`, opaque here."""

from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import RefusedError
from surefoot.files import replace_file
from surefoot.records import digest_bytes
from surefoot.releases.bundles import cannot_write
from surefoot.releases.reading import is_digest, read_named_bytes

RUNS = "runs"
_MOST_BYTES = 500_000_000


def run_file(release_folder: Path, digest: str) -> Path:
    """Where a run is kept."""
    return release_folder / RUNS / f"{digest}.jsonl"


def write_run(release_folder: Path, content: bytes) -> str:
    """Keep recorded responses with a release. Returns their SHA-256, by which a receipt names them."""
    digest = digest_bytes(content)
    file = run_file(release_folder, digest)
    try:
        replace_file(file, content)
    except OSError as error:
        raise cannot_write(file, error) from error
    return digest


def read_run(release_folders: Sequence[Path], digest: str) -> bytes:
    """Recorded responses, from the first of the folders that has them.

    RefusedError when none has them, or when the bytes are others than the name says.
    """
    for folder in release_folders if is_digest(digest) else ():
        try:
            return read_named_bytes(run_file(folder, digest), digest, most_bytes=_MOST_BYTES)
        except FileNotFoundError:
            continue
    looked = ", ".join(str(folder / RUNS) for folder in release_folders)
    raise RefusedError(
        f"the recorded responses {digest!r} are missing; looked in {looked}",
        remedy="run `surefoot gate run` again: a receipt without its recorded responses proves nothing",
    )
