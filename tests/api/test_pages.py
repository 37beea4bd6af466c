"""The pages, served: they work without a script, and hostile text stays text."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.api.serving import PASSAGES, Options, Running, ranked, running_service
from tests.fakes.model_server import FakeModelServer

from surefoot.console import HeldBack

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LINK = "javascript:alert(3)"


class Seen(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    passages = (
        ranked(1, text=f"{ATTACK} [link]({LINK})", source=f"{ATTACK}.md", headings=(ATTACK, LINK)),
        ranked(2, text="</textarea></p></details>" + ATTACK, source=LINK),
    )
    model = FakeModelServer(answer=lambda _: f"{ATTACK} [1][2] [9] {LINK} </p>")
    with running_service(tmp_path_factory.mktemp("hostile"), Options(passages=passages), model) as running:
        yield running


def assert_harmless(text: str) -> None:
    """Nothing of the attack became markup; the one script carries the page's nonce."""
    seen = Seen(text)
    assert seen.all("img") == []
    for script in seen.all("script"):
        assert script.keys() == {"nonce"}
    for tag, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "style" not in attributes, f"{tag}: the policy refuses style attributes"
    links = [str(link["href"]) for link in seen.all("a")]
    assert all(link.startswith(("/", "#")) for link in links), links


def test_an_answer_is_rendered_without_a_script(running: Running) -> None:
    response = running.client.post("/", data={"question": "How much?", "app": "handbook"})

    assert response.status_code == 200
    text = re.sub(r"<[^>]+>", "", html.unescape(response.text))
    assert "Nine litres [1]." in text and PASSAGES[0].passage.text in text and "Guide › Water" in text
    links = [link["href"] for link in Seen(response.text).all("a")]
    assert "#passage-1" in links
    assert f"/passages/handbook/{PASSAGES[0].passage.id}" in links
    trace = f"/traces/{response.headers['x-surefoot-trace']}"
    assert trace in links and running.client.get(trace).status_code == 200


def test_the_first_page_shows_quality_per_release_and_the_last_traces(running: Running) -> None:
    release = running.ask("Where is the pump?").json()["release"]
    running.client.post("/v1/chat/completions", json={})
    text = running.client.get("/").text

    assert text.count("<svg") >= 5 and "citations valid" in text and release[:12] in text
    assert "Where is the pump?" in text and "First token" in text and "Error rate" in text


def test_hostile_text_stays_text_on_every_page(hostile: Running) -> None:
    asked = hostile.client.post("/", data={"question": f"</textarea>{ATTACK}"})
    assert asked.status_code == 200
    pages = [
        asked.text,
        hostile.client.get("/").text,
        hostile.client.get(f"/traces/{asked.headers['x-surefoot-trace']}").text,
        hostile.client.get(f"/passages/handbook/{1:064x}").text,
        hostile.client.get(f"/traces/{ATTACK}").text,
        hostile.client.post("/", data={"question": "x", "app": ATTACK}).text,
    ]
    for page in pages:
        assert_harmless(page)
    assert html.escape(ATTACK, quote=False) in pages[0].replace("&#34;", '"')


def test_numbers_without_a_passage_are_no_links(hostile: Running) -> None:
    text = hostile.client.post("/", data={"question": "x"}).text

    targets = {str(link["href"]) for link in Seen(text).all("a") if str(link["href"]).startswith("#")}
    assert targets == {"#passage-1", "#passage-2"} and "[9]" in text


def test_the_policy_allows_the_pages_own_script_alone(running: Running) -> None:
    first, second = running.client.get("/"), running.client.get("/")

    policy = first.headers["content-security-policy"]
    (script,) = Seen(first.text).all("script")
    assert f"script-src 'nonce-{script['nonce']}'" in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy and policy != second.headers["content-security-policy"]
    assert first.headers["x-content-type-options"] == "nosniff"


def test_a_failed_trace_has_its_page(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        running.model.dies = (2, "reset")
        trace_id = running.ask(stream=True).headers["x-surefoot-trace"]
        text = running.client.get(f"/traces/{trace_id}").text

    assert "ModelUnreachableError" in text and "Nine litres" in text
    assert PASSAGES[0].passage.text in text and "Messages to the model" in text


def test_the_first_page_says_what_serves_and_what_proves_it(running: Running) -> None:
    text = re.sub(r"<[^>]+>", "", html.unescape(running.client.get("/").text))

    assert re.search(r"handbook: release [0-9a-f]{12}, production,\s+proven by receipt 666666666666\n", text)
    assert "unproven" not in text.casefold()


def test_the_first_page_has_a_banner_over_an_unproven_working_tree(tmp_path: Path) -> None:
    with running_service(tmp_path, Options(channel="working tree", receipt=None)) as running:
        text = running.client.get("/").text

    assert "Unproven: what answers here is the working tree, and no receipt covers it." in text
    assert [one.get("role") for one in Seen(text).all("p")].count("note") == 1


def test_a_release_that_is_held_back_shows_with_its_reason_as_text(tmp_path: Path) -> None:
    held = HeldBack(app=ATTACK, release=None, reason=ATTACK, remedy=ATTACK)
    with running_service(tmp_path, Options(held_back=(held,))) as running:
        text = running.client.get("/").text

    assert_harmless(text)
    assert "a release is held back:" in text and html.escape(ATTACK, quote=False) in text


def test_problems_are_pages_on_pages(running: Running, tmp_path: Path) -> None:
    unknown, empty = running.client.get("/traces/none"), running.client.post("/", data={"question": " "})
    with running_service(tmp_path) as away:
        away.model.call(away.model.refuse())
        down = away.client.post("/", data={"question": "How much?"})

    for response, status in ((unknown, 404), (empty, 400), (down, 503)):
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html") and "What to do" in response.text


def test_every_label_names_a_field_and_the_answer_is_announced(running: Running) -> None:
    seen = Seen(running.client.get("/").text)

    ids = {attributes["id"] for _, attributes in seen.elements if "id" in attributes}
    assert {label["for"] for label in seen.all("label")} <= ids
    assert any(attributes.get("aria-live") == "polite" for _, attributes in seen.elements)
    assert {"lang": "en"} in seen.all("html")
