"""Responses kept on disk, one file each, so that what was answered once is not asked again."""

import logging
from pathlib import Path

from surefoot.errors import EvaluationError
from surefoot.files import replace_file
from surefoot.records import Json, Responded, canonical_json, digest
from surefoot.records.encoding import from_plain, plain
from surefoot.records.strict_json import parse

SCHEMA = 1

_log = logging.getLogger("surefoot.evals")


class KeptResponses:
    """The responses in a folder, by keys of 64 hex digits. `damaged` counts files that could not be used.

    A file that is damaged, or says that it is another's, is as good as absent: it is reported in the log,
    and the next `put` replaces it. Several processes may use one folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged = 0

    def get(self, key: str) -> Responded | None:
        """The response under that key, or None."""
        file = self._file(key)
        try:
            return _read(key, file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.damaged += 1
            _log.warning("%s is passed over, and its question asked again: %s", file, error)
            return None

    def put(self, key: str, response: Responded) -> None:
        """Keep the response. A crash leaves the whole file or none. Raises EvaluationError."""
        value = plain(response)
        content = canonical_json({"schema": SCHEMA, "key": key, "digest": digest(value), "response": value})
        file = self._file(key)
        try:
            replace_file(file, content)
        except OSError as error:
            raise EvaluationError(
                f"a response cannot be kept in {file.parent}: {error.strerror}",
                remedy="free space there, or let this user write; what was kept so far is used again",
            ) from error

    def _file(self, key: str) -> Path:
        # 256 folders keep each of them short, however many responses there are.
        return self._folder / key[:2] / f"{key}.json"


def _read(key: str, content: bytes) -> Responded:
    value = parse(content)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA or value.get("key") != key:
        raise ValueError("it is not the response that its name says")
    response: Json = value.get("response")
    if digest(response) != value.get("digest"):
        raise ValueError("its content is not what its digest says")
    return from_plain(Responded, response)
