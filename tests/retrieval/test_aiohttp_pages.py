"""Pages over a real socket: brought when they changed, kept when their server fails, never from within."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from surefoot.retrieval.aiohttp_pages import bring_pages, is_public
from surefoot.retrieval.documents import LARGEST_BYTES
from surefoot.retrieval.origins import Page, Pages, read_page

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def site(answers: dict[str, Answer]) -> AsyncIterator[str]:
    """A web server of this machine; its address."""
    app = web.Application()
    for path, answer in answers.items():
        app.router.add_get(path, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def says(text: str | bytes, content_type: str = "text/html", status: int = 200, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        body = text.encode() if isinstance(text, str) else text
        return web.Response(body=body, status=status, headers={"Content-Type": content_type, **headers})

    return answer


def moved(where: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": where})

    return answer


async def bring(folder: Path, *urls: str, private: bool = True) -> dict[str, Page]:
    pages = await bring_pages(Pages(urls=urls, private=private), folder)
    return {page.url: page for page in pages}


def test_pages_are_brought_under_the_ending_of_what_they_are(tmp_path: Path) -> None:
    async def run() -> dict[str, str]:
        answers = {
            "/a": says("<h1>A</h1>"),
            "/b.md": says("# B", "text/plain"),
            "/c": says("# C", "text/markdown; charset=utf-8"),
            "/d": says(b"caf\xe9", "text/plain; charset=latin-1"),
            "/e": says(b"%PDF", "application/pdf"),
        }
        async with site(answers) as address:
            brought = await bring(tmp_path, *(address + path for path in answers))
        assert all(read_page(tmp_path, url) == page for url, page in brought.items())
        return {
            url[-2:]: page.file[32:] + " " + (tmp_path / page.file).read_text()
            for url, page in brought.items()
        }

    assert asyncio.run(run()) == {
        "/a": ".html <h1>A</h1>",
        "md": ".md # B",
        "/c": ".md # C",
        "/d": ".txt café",
        "/e": ".pdf %PDF",
    }


def test_a_page_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    asked: list[str | None] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"1"':
            return web.Response(status=304)
        return web.Response(text="same", headers={"ETag": '"1"'})

    async def run() -> list[Page]:
        async with site({"/a": answer}) as address:
            return [(await bring(tmp_path, f"{address}/a"))[f"{address}/a"] for _ in range(2)]

    first, second = asyncio.run(run())
    assert asked == [None, '"1"']
    assert first == second and (tmp_path / first.file).read_text() == "same"


@pytest.mark.parametrize(
    ("status", "kept"), [(500, True), (503, True), (403, True), (429, True), (404, False), (410, False)]
)
def test_a_server_that_fails_leaves_the_earlier_copy_and_a_page_that_is_gone_goes(
    tmp_path: Path, status: int, kept: bool
) -> None:
    answers = iter([200, status])

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text="once", status=next(answers))

    async def run() -> Page:
        async with site({"/a": answer}) as address:
            await bring(tmp_path, f"{address}/a")
            return (await bring(tmp_path, f"{address}/a"))[f"{address}/a"]

    page = asyncio.run(run())
    assert bool(page.file) is kept
    assert page.problem.startswith(f"its server answers {status}")
    files = [file for file in tmp_path.iterdir() if not file.name.endswith(".page.json")]
    assert [file.read_text() for file in files] == ["once"] * kept


def test_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Length": "100"})
        await reply.prepare(request)
        await reply.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return reply

    async def run() -> list[str]:
        answers = {
            "/good": says("fine"),
            "/cut": broken,
            "/large": says(b"x" * (LARGEST_BYTES + 1), "text/plain"),
            "/film": says(b"..", "video/mp4"),
            "/wrong": says(b"\xff\xfe\xfa", "text/html; charset=utf-7"),
            "/zip": says(b"x\x9c", "text/html; charset=zlib"),
            "/round": moved("/round"),
            "/file": moved("file:///etc/passwd"),
        }
        async with site(answers) as address:
            brought = await bring(
                tmp_path, *(address + path for path in answers), "http://127.0.0.1:9/closed"
            )
        assert [page.file == "" for page in brought.values()] == [False, *[True] * 8]
        return [page.problem for page in brought.values()]

    good, cut, large, film, wrong, packed, around, file, closed = asyncio.run(run())
    assert good == ""
    assert cut.startswith("it cannot be reached: ")
    assert large == f"it has more than {LARGEST_BYTES:,} bytes"
    assert film == "it is 'video/mp4', which no reader reads"
    assert wrong == "it is not the 'utf-7' that its server says"
    assert packed == "it is not the 'zlib' that its server says"
    assert around == "it is redirected more than 5 times"
    assert file == "it is redirected to 'file', which is no page"
    assert closed.startswith("it cannot be reached: ")


def test_nothing_of_a_private_network_is_brought_unless_the_source_says_so(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(text="within")

    async def run() -> dict[str, Page]:
        async with site({"/a": answer}) as address:
            port = address.rpartition(":")[2]
            hosts = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]")
            urls = [f"http://{host}:{port}/a" for host in hosts]
            refused = await bring(tmp_path / "public", *urls, private=False)
            assert asked == []
            allowed = await bring(tmp_path / "private", f"http://localhost:{port}/a")
            assert [page.file != "" for page in allowed.values()] == [True]
        return refused

    for page in asyncio.run(run()).values():
        assert page.file == ""
        assert "private network" in page.problem or "cannot be reached" in page.problem, page


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_public_addresses_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
