"""The first page in a real browser: the answer streams in, citations open, and nothing hostile runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from tests.api.serving import Options, Running, ranked, running_service
from tests.fakes.model_server import FakeModelServer
from tests.systems.tools import tool

pytestmark = pytest.mark.systems

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
ANSWER = f"Nine litres [1]. {ATTACK}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    passages = (ranked(1, text=f"The tank holds nine litres. {ATTACK}", source=ATTACK, headings=(ATTACK,)),)
    model = FakeModelServer(answer=lambda _: ANSWER)
    with running_service(tmp_path_factory.mktemp("page"), Options(passages=passages), model) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = tool("chromium", "chromium-browser", "google-chrome", package="chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def watched(page: Page) -> list[str]:
    """Everything a page should never do: errors, refused resources, dialogs."""
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    return seen


def test_an_answer_streams_in_and_its_citation_opens(running: Running, browser: Browser) -> None:
    page = browser.new_page()
    seen = watched(page)
    page.goto(running.url)
    gate = running.model.hold("second token")
    page.get_by_label("Your question").fill("How much?")
    page.get_by_role("button", name="Ask").click()
    page.locator("#answer", has_text="Nine").wait_for()
    assert page.locator("#citations li").count() == 0, "the answer is not whole yet"
    gate.release()

    page.locator("#citations li").wait_for()
    assert page.locator("#answer").inner_text() == ANSWER
    page.get_by_label("Passage 1").click()
    page.locator("#passage-1 .text").wait_for()
    assert ATTACK in page.locator("#passage-1").inner_text()
    page.get_by_role("link", name="Open the passage").click()
    assert page.locator("h1").inner_text() == ATTACK
    page.go_back()
    page.get_by_label("Your question").fill("Again?")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("link", name="trace", exact=True).click()
    assert "Again?" in page.locator("h1").inner_text()
    assert seen == []


def test_a_model_that_dies_in_mid_answer_is_told(running: Running, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(running.url)
    running.model.dies = (1, "reset")
    page.get_by_label("Your question").fill("How much?")
    page.get_by_role("button", name="Ask").click()
    page.locator("#status .bad").wait_for()
    running.model.dies = None

    assert page.locator("#answer").inner_text() == "Nine"


def test_the_page_works_without_a_script(running: Running, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(running.url)
    page.get_by_label("Your question").fill("How much?")
    page.get_by_role("button", name="Ask").click()

    assert page.locator("#answer").inner_text() == ANSWER
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(running: Running, browser: Browser, scheme: str) -> None:
    phone: ViewportSize = {"width": 360, "height": 780}
    context = browser.new_context(viewport=phone, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for path in ("/", "/docs"):
        page.goto(running.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    context.close()
