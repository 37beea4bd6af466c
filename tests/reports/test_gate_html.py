"""The page, as a parser reads it: whole on its own, and the same whatever others wrote."""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.examples.gates import failing, founding, inconclusive, passing, refused
from tests.reports.examples.handbook import responded
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.reports.gate_html import gate_html
from surefoot.reports.gate_report import GateReport


class Page(HTMLParser):
    """The tags with the names of their attributes, addresses and ids, and the text outside of scripts."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.tags.append((tag, *(name for name, _ in attributes)))
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        self.tags.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.raw[self._inside] = data
        else:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


def page(report: GateReport) -> Page:
    return Page(gate_html(report))


def shape(report: GateReport) -> list[tuple[str, ...]]:
    """The tags, but for what follows the text's own form: marks, lines of a diff."""
    marks = {("a", "class", "href", "aria-label"), ("/a",), ("span", "class"), ("/span",), ("li", "id")}
    return [tag for tag in page(report).tags if tag not in marks and tag != ("li", "id", "class")]


PLAIN = shape(hostile("plain"))


@pytest.mark.parametrize("made", [failing(), passing(), inconclusive(), refused(), founding()])
def test_the_verdict_comes_first_and_the_numbers_are_the_receipts(made: GateReport) -> None:
    seen = page(made)
    verdict = made.receipt.verdict
    words = seen.text.split()
    assert verdict.outcome in words[: 30 + words.index("surefoot")]
    for result in verdict.rules:
        for value in (result.candidate, result.baseline, result.lower, result.upper, result.detectable):
            if value is not None:
                assert f"{round(value, 3) + 0.0:.3f}".replace("-", "−") in seen.text
    for digest in (made.digest, made.receipt.release, made.receipt.suite_digest):
        assert digest in seen.text


@pytest.mark.parametrize("trick", TRICKS)
def test_no_text_adds_a_tag_or_an_attribute(trick: str) -> None:
    assert shape(hostile(trick)) == PLAIN


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
def test_any_text_leaves_the_page_as_it_was(text: str) -> None:
    made = dataclasses.replace(hostile(text), prompt_diff="x")
    assert shape(made) == PLAIN or not text.strip()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", gate_html(made).decode())


def test_nothing_is_loaded_from_elsewhere_and_the_policy_forbids_it() -> None:
    content = gate_html(hostile("https://example.org/x.png")).decode()
    seen = Page(content.encode())
    assert {value for value in seen.values("href") if not value.startswith("#")} == {"data:,"}
    assert not {"src", "srcset", "action", "style"} & {name for _, name, _ in seen.attributes}
    assert not any(name.startswith("on") for _, name, _ in seen.attributes)
    assert "@import" not in seen.raw["style"] and "url(" not in seen.raw["style"]
    (policy,) = [value for value in seen.values("content") if "default-src" in value]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "http" not in policy


def test_the_policy_names_exactly_the_style_and_the_script_of_the_page() -> None:
    seen = page(failing())
    (policy,) = [value for value in seen.values("content") if "default-src" in value]
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(seen.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_every_link_leads_to_a_place_on_the_page_and_ids_are_unique() -> None:
    seen = page(passing())
    ids = seen.values("id")
    marks = [value for value in seen.values("href") if value.startswith("#")]
    assert len(set(ids)) == len(ids) and marks and {mark[1:] for mark in marks} <= set(ids)


def test_cited_passages_are_marked_and_numbers_without_a_passage_are_text() -> None:
    made = failing()
    answer = responded("badge-05", "It was the team [2][9].")
    seen = page(dataclasses.replace(made, candidate={**made.candidate, "badge-05": answer}))
    assert "[9]" in seen.text and "broke-2-new-9" not in "".join(seen.values("href"))
    cited_items = [tag for tag in seen.tags if tag == ("li", "id", "class")]
    plain = page(made)
    assert len(cited_items) == len([tag for tag in plain.tags if tag == ("li", "id", "class")]) + 1


def test_both_answers_stand_beside_each_other_and_a_founding_one_alone() -> None:
    assert page(failing()).values("aria-label").count("baseline") == 10
    assert "baseline" not in page(founding("FAIL")).values("aria-label")


def test_each_rule_has_its_interval_in_words_too() -> None:
    text = page(failing()).text
    assert "evidence_recall: PASS, difference +0.050, bounds -0.040 to +0.140" in text
    assert page(failing()).tags.count(("title",)) == 1 + 5


def test_a_founding_page_says_floors_and_no_margins() -> None:
    text = page(founding()).text
    assert "Floor" in text and "Margin" not in text and "−margin" not in text


def test_many_cases_are_shown_in_part_and_counted() -> None:
    seen = page(failing(120))
    assert "100 cases lost, the first 50 are shown" in seen.text
    assert len([tag for tag in seen.tags if tag[0] == "article"]) == 50


def test_a_page_without_a_case_that_moved_has_no_list_of_them() -> None:
    made = passing()
    quiet = dataclasses.replace(made, cases={}, candidate={}, baseline={}, prompt_diff="")
    seen = page(quiet)
    assert "filters" not in seen.values("id") and "changed in the prompt" not in seen.text
