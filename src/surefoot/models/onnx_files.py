"""The `model.onnx` and `tokenizer.json` of a folder, opened for this machine's processor."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    RuntimeException,
)
from tokenizers import Tokenizer

from surefoot.errors import ModelError, NotFoundError
from surefoot.records import digest

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
BROKEN = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile, RuntimeException)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxFiles:
    """A folder with both files. `whose` they are and how that is mended is said of one missing or broken."""

    folder: Path
    whose: str
    remedy: str

    @property
    def digest(self) -> str:
        """SHA-256 over that of both files. Raises NotFoundError."""
        names = (MODEL_FILE, TOKENIZER_FILE)
        return digest({name: _sha256(self._present(name)) for name in names})

    def tokenizer(self) -> Tokenizer:
        """The tokenizer, which neither cuts nor pads. Raises NotFoundError and ModelError."""
        file = self._present(TOKENIZER_FILE)
        try:
            tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        except Exception as error:
            raise self._broken(file, error) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()  # a file may pad each text to a length; batches are padded to their longest
        return tokenizer

    def session(self, threads: int) -> onnxruntime.InferenceSession:
        """The model, ready to run. Raises NotFoundError and ModelError."""
        file = self._present(MODEL_FILE)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin between two operators take the cores from a model server on the same machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except BROKEN as error:
            raise self._broken(file, error) from error

    def _present(self, name: str) -> Path:
        file = self.folder / name
        if not file.is_file():
            raise NotFoundError(f"{self.whose} {name!r} is not in {str(self.folder)!r}", remedy=self.remedy)
        return file

    def _broken(self, file: Path, error: Exception) -> ModelError:
        return ModelError(
            f"{self.whose} {file.name!r} cannot be read: {str(error)[:300]}",
            remedy=f"delete {str(file)!r} and {self.remedy}",
        )


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
