"""`surefoot index build` over a Git repository and over pages: processes, a real git, real sockets."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli.gauges import git
from tests.cli.trial_project import Trial, trial_project

pytestmark = pytest.mark.timeout(300)


@dataclass
class Site:
    """A web server of this machine: its pages by path; a number is a status."""

    pages: dict[str, str | int] = field(default_factory=dict)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    there = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = there.pages.get(self.path, 404)
            self.send_response(page if isinstance(page, int) else 200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode() if isinstance(page, str) else b"")

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield there
        server.shutdown()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("brought") / "project") as project:
        yield project


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    (folder / "docs").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "docs" / "hatches.md").write_text("# Hatches\n\nHatch 9 closes at dusk.\n")
    (folder / "notes.md").write_text("Not a document.\n")
    saved(folder)
    return folder


def saved(folder: Path) -> None:
    git(folder, "add", "--all")
    git(
        folder,
        "-c",
        "user.name=n",
        "-c",
        "user.email=n@example.org",
        "commit",
        "--quiet",
        "--message",
        "Docs",
    )


def over(trial: Trial, *sources: str) -> None:
    """Let the corpus have these sources beside its folder."""
    text = 'schema = 1\n\n[[sources]]\npath = "papers"\n'
    text += "".join(f"\n[[sources]]\n{source}\n" for source in sources)
    (trial.top / "serving" / "corpora" / "papers.toml").write_text(text)


def test_a_repository_is_found_in_and_its_next_commit_too(founded: Trial, remote: Path) -> None:
    over(founded, f'git = "file://{remote}"\npath = "docs"')

    founded.said("index", "build")
    assert "hatches.md" in founded.said("index", "show", "--documents")
    assert "notes.md" not in founded.said("index", "show", "--documents")
    assert "Hatch 9 closes at dusk." in founded.said("index", "search", "when does hatch 9 close")

    (remote / "docs" / "hatches.md").write_text("# Hatches\n\nHatch 9 closes at noon.\n")
    saved(remote)
    founded.said("index", "build")
    assert "Hatch 9 closes at noon." in founded.said("index", "search", "when does hatch 9 close")

    remote.rename(remote.with_name("gone"))
    done = founded.run("index", "build")
    assert done.returncode == 0
    assert f"not brought anew: file://{remote}" in done.stderr and "its earlier files are read" in done.stderr
    assert "Hatch 9 closes at noon." in founded.said("index", "search", "when does hatch 9 close")


def test_a_repository_that_was_never_here_is_an_error_with_its_reason(founded: Trial, tmp_path: Path) -> None:
    over(founded, f'git = "file://{tmp_path}/nothing"')

    code, said = founded.refused("index", "build")

    assert code == 5
    assert f"the repository file://{tmp_path}/nothing cannot be brought: " in said.replace("\n", " ")


def test_pages_are_documents_by_their_addresses_and_each_that_fails_says_why(
    founded: Trial, site: Site
) -> None:
    site.pages = {"/a": "<h1>Anchors</h1><p>Anchor 5 weighs 20 kg.</p>", "/b": 503}
    over(founded, f'urls = ["{site.url}/a", "{site.url}/b", "{site.url}/c"]\nprivate = true')

    done = founded.run("index", "build")
    assert done.returncode == 0, done.stderr
    said = done.stderr.replace("\n", "")
    assert f"skipped {site.url}/b: its server answers 503" in said
    assert f"skipped {site.url}/c: its server answers 404" in said
    assert f"{site.url}/a" in founded.said("index", "search", "how heavy is anchor 5")

    site.pages = {"/a": 500, "/b": "<p>Buoys are red.</p>"}
    done = founded.run("index", "build")
    assert f"not brought anew: {site.url}/a: its server answers 500" in done.stderr.replace("\n", "")
    shown = founded.said("index", "show", "--documents")
    assert f"{site.url}/a" in shown and f"{site.url}/b" in shown

    site.pages = {"/b": "<p>Buoys are red.</p>"}
    founded.said("index", "build")
    assert f"passages  {site.url}/a" not in founded.said("index", "show", "--documents")


def test_pages_of_a_private_network_are_refused_unless_the_source_says_so(founded: Trial, site: Site) -> None:
    site.pages = {"/a": "<p>Within.</p>"}
    over(founded, f'urls = ["{site.url}/a"]')

    done = founded.run("index", "build")

    assert done.returncode == 0
    assert f"skipped {site.url}/a: it lies in a private network" in done.stderr.replace("\n", "")
