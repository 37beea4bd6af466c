"""Run by test_quietness: build and search with other machines refused. Arguments: documents, work folder."""

import asyncio
import sys
from pathlib import Path

REFUSED: list[str] = []
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: no connection and no name look-up but on loopback."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        outside = isinstance(address, tuple) and address[0] not in LOOPBACK
    else:
        outside = event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] not in LOOPBACK
    if outside:
        REFUSED.append(f"{event} {arguments[1:] or arguments}")
        raise PermissionError(f"refused: {event}")


async def build_and_search(docs: Path, folder: Path) -> None:
    """The whole life of a snapshot."""
    from tests.retrieval.fixtures import build, found

    from surefoot.retrieval import corpus_of_folder

    report = await build(corpus_of_folder(docs), folder / "out")
    hits = await found(report.snapshot.path, "Which port is open?", folder / "scratch")
    sys.exit(str(REFUSED) if REFUSED or not hits else 0)


if __name__ == "__main__":
    sys.addaudithook(refuse)
    asyncio.run(build_and_search(Path(sys.argv[1]), Path(sys.argv[2])))
