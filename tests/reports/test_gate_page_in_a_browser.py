"""The page in a real browser: it runs nothing of others, fits a telephone, and filters its cases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.reports.examples.gates import failing, passing
from tests.reports.examples.hostile import TRICKS, hostile
from tests.systems.tools import tool

from surefoot.reports.gate_html import gate_html
from surefoot.reports.gate_report import GateReport

pytestmark = pytest.mark.systems


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = tool("chromium", "chromium-browser", "google-chrome", package="chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(page: Page, report: GateReport, folder: Path) -> list[str]:
    """The page, and everything it should never do: errors, refused resources, dialogs, requests."""
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.on("request", lambda request: seen.append(request.url) if "report.html" not in request.url else None)
    file = folder / "report.html"
    file.write_bytes(gate_html(report))
    page.goto(file.as_uri())
    return [one for one in seen if one != "data:,"]


@pytest.mark.parametrize("trick", TRICKS)
def test_nothing_of_others_runs_or_loads(trick: str, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    assert opened(page, hostile(trick), tmp_path) == []
    assert page.locator("h1").inner_text() == "FAIL"
    page.close()


@pytest.mark.parametrize("width", [360, 420, 800, 1280])
def test_the_page_is_no_wider_than_the_window(width: int, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    opened(page, failing(), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened(page, hostile("unbroken" * 60), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_cases_are_filtered_by_kind_and_metric_and_counted(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    opened(page, failing(), tmp_path)
    assert page.locator("#shown").inner_text() == "10 of 10 shown"
    page.get_by_label("Kind").select_option("unanswerable")
    assert page.locator("article.case:visible h3").all_inner_texts() == ["badge-05", "badge-11"]
    page.get_by_label("Metric that moved").select_option("citations_valid")
    assert page.locator("#shown").inner_text() == "0 of 10 shown"
    page.close()


def test_cases_that_gained_can_be_seen_alone(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    opened(page, passing(), tmp_path)
    page.get_by_label("Cases", exact=True).select_option("that gained")
    assert page.locator("article.case:visible h3").all_inner_texts() == ["badge-02"]
    page.close()


def test_a_citation_opens_its_passage(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    opened(page, passing(), tmp_path)
    page.locator("a.mark").first.click()
    page.locator("li.cited:visible").first.wait_for()
    page.close()


def test_without_scripts_every_case_is_there(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    opened(page, failing(), tmp_path)
    assert page.locator("article.case:visible").count() == 10
    assert not page.locator("#filters").is_visible()
    context.close()
