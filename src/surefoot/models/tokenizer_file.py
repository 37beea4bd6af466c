"""A folder's `tokenizer.json`: opened, and as the tokens that an embedder sees of a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from surefoot.models.model_folder import TOKENIZER_FILE, ModelFolder, embedder_folder

FRAME = 2  # the tokens that the tokenizer sets around each text


def open_tokenizer(folder: ModelFolder) -> Tokenizer:
    """The tokenizer, which neither cuts nor pads. Raises NotFoundError and ModelError."""
    file = folder.file(TOKENIZER_FILE)
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except Exception as error:
        raise folder.broken(TOKENIZER_FILE, error) from error
    # A file may cut and pad each text to a length of its own.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderTokens:
    """The tokens of the `tokenizer.json` in an embedder's folder, which is read when it is first needed.

    `max_tokens` is what the embedder reads of a text, the frame's two included.
    """

    folder: Path
    max_tokens: int = 256

    @property
    def most(self) -> int:
        """The most tokens of a text itself that the embedder reads."""
        return self.max_tokens - FRAME

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Where each token of each text begins and ends, in characters. Raises NotFoundError, ModelError."""
        encodings = _tokenizer(self.folder).encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]


@lru_cache(maxsize=2)
def _tokenizer(folder: Path) -> Tokenizer:
    return open_tokenizer(embedder_folder(folder))
