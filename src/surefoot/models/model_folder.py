"""A folder with the `model.onnx` and `tokenizer.json` of a model; what is missing or broken is named."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import ModelError, NotFoundError
from surefoot.records import digest

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
EMBEDDER = ("the embedder's", "run `surefoot model fetch embedder`")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """The folder, and `whose` files it has; `remedy` is how they come there."""

    path: Path
    whose: str
    remedy: str

    @property
    def digest(self) -> str:
        """SHA-256 over that of both files. Raises NotFoundError."""
        return digest({name: _sha256(self.file(name)) for name in (MODEL_FILE, TOKENIZER_FILE)})

    def file(self, name: str) -> Path:
        """The file of that name. Raises NotFoundError."""
        file = self.path / name
        if not file.is_file():
            raise NotFoundError(f"{self.whose} {name!r} is not in {str(self.path)!r}", remedy=self.remedy)
        return file

    def broken(self, name: str, error: Exception) -> ModelError:
        """The error for a file that its vendor refuses."""
        return ModelError(
            f"{self.whose} {name!r} cannot be read: {str(error)[:300]}",
            remedy=f"delete {str(self.path / name)!r} and {self.remedy}",
        )


def embedder_folder(path: Path) -> ModelFolder:
    """The folder of an embedder that was fetched."""
    whose, remedy = EMBEDDER
    return ModelFolder(path=path, whose=whose, remedy=remedy)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
