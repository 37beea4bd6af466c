"""A process that reads and cuts documents: `python -m surefoot.retrieval.cutting_worker`.

Both ways a message is its length in eight bytes and a pickle. In comes the cutter, then documents; out goes
an empty reply once it is ready, then one for each document. It ends when its input does, in the middle of a
document too.
"""

import os
import pickle
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import BinaryIO

from surefoot.errors import SurefootError
from surefoot.retrieval.cut_document import Cutter
from surefoot.retrieval.cutting_processes import LENGTH_BYTES, Reply
from surefoot.retrieval.documents import DocumentFile


def main() -> None:
    """Cut what comes until nothing does."""
    # What a vendor prints must not end up between two messages.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    messages: SimpleQueue[Cutter | DocumentFile] = SimpleQueue()
    threading.Thread(target=_take, args=(sys.stdin.buffer, messages), daemon=True).start()
    cutter = messages.get()
    _say(replies, "")
    while True:
        file = messages.get()
        if isinstance(cutter, Cutter) and isinstance(file, DocumentFile):
            _say(replies, _reply(cutter, file))


def _take(stream: BinaryIO, messages: SimpleQueue[Cutter | DocumentFile]) -> None:
    try:
        while length := stream.read(LENGTH_BYTES):
            messages.put(pickle.loads(stream.read(int.from_bytes(length))))  # noqa: S301 our own process wrote it
    except Exception:  # noqa: BLE001 whoever started it hears that it ended
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _reply(cutter: Cutter, file: DocumentFile) -> Reply:
    try:
        return cutter.cut(file)
    except SurefootError as problem:
        return problem
    except Exception:  # noqa: BLE001 whoever asked raises it
        return traceback.format_exc()


def _say(replies: BinaryIO, what: Reply) -> None:
    content = pickle.dumps(what)
    replies.write(len(content).to_bytes(LENGTH_BYTES) + content)
    replies.flush()


if __name__ == "__main__":
    main()
