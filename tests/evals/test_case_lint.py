"""What lint says of cases: all of it, each at its line, and nothing of cases that are right."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evals.test_cases import GOOD, WRONG
from tests.evals.test_suites import HEAD, TABLE, write_suite
from tests.house.tree import text

from surefoot.errors import SettingsError
from surefoot.evals.case_lint import RULES, CaseFinding, Documents, check_cases, check_suite, read_cases
from surefoot.evals.suites import load_suite

ENROLMENT = "A code is good for ten minutes.\n"
LIMITS = "Codes: 10 minutes.\n"
DOCUMENTS = Documents(
    app="answers",
    texts={"guide/enrolment.md": ENROLMENT, "reference/limits.md": LIMITS, "other.md": "Nothing.\n"},
    unread={"scan.pdf": "it has no readable text"},
)


def found(folder: Path, *cases: object, documents: Documents | None = DOCUMENTS) -> list[CaseFinding]:
    """What is found in a file of these lines; a text stands there as it is."""
    file = folder / "cases.jsonl"
    lines = (one if isinstance(one, str) else json.dumps(one) for one in cases)
    file.write_text("".join(f"{line}\n" for line in lines))
    read = read_cases(file, "cases.jsonl")
    return sorted([*read.findings, *check_cases(read, documents)])


def told(findings: Sequence[CaseFinding]) -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in findings]


def case(**changes: object) -> dict[str, object]:
    return {**GOOD, **changes}


def at(source: str, quote: str) -> list[list[dict[str, str]]]:
    return [[{"source": source, "quote": quote}]]


def test_nothing_is_said_of_a_case_that_is_right(tmp_path: Path) -> None:
    assert found(tmp_path, GOOD) == []


def test_every_line_that_is_no_case_is_told_and_not_only_the_first(tmp_path: Path) -> None:
    lines = ['{"id": ', GOOD, "", "[1]", case(id="b", question="Other?", kind="unanswerable")]

    findings = found(tmp_path, *lines)

    assert told(findings) == [(1, "case"), (4, "case"), (5, "case")]
    assert "is not JSON" in findings[0].message and "'unanswerable' and has 1 facts" in findings[2].message
    assert all(one.file == "cases.jsonl" and one.level == "error" and one.remedy for one in findings)


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_loading_refuses_lint_tells_in_the_same_words(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    changed = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}

    (one,) = found(tmp_path, changed)

    assert (one.rule, one.line) == ("case", 1) and said in one.message


def test_ids_and_questions_that_stand_twice_name_the_first_line(tmp_path: Path) -> None:
    findings = found(tmp_path, GOOD, case(question="How short is it?"), case(id="b"), case())

    assert told(findings) == [(2, "duplicate"), (3, "duplicate"), (4, "duplicate"), (4, "duplicate")]
    assert all("stands in line 1 already" in one.message for one in findings)


def test_a_question_like_an_earlier_one_is_a_warning(tmp_path: Path) -> None:
    findings = found(tmp_path, GOOD, case(id="b", question="How long are enrolment codes good for?"))

    assert told(findings) == [(2, "near-duplicate")] and findings[0].level == "warning"
    assert "is like that of 'enrolment-code-lifetime'" in findings[0].message


@pytest.mark.parametrize(
    ("facts", "said", "remedy"),
    [
        (at("other.md", "ten minutes"), "is not in 'other.md'", "stands in 'guide/enrolment.md': name that"),
        (at("other.md", "eleven minutes"), "is not in 'other.md'", "copy the quote from the document"),
        (at("guide/enrolment.md", "ten  Minutes"), "is not in 'guide/enrolment.md'", "copy the quote"),
        (at("guide/enrolment.md", "n minutes"), "is not in 'guide/enrolment.md'", "copy the quote"),
        (
            at("guide/enrollment.md", "an hour"),
            "is no document of the app 'answers'",
            "'guide/enrolment.md' meant",
        ),
        (at("scan.pdf", "ten minutes"), "cannot be read: it has no readable text", "'guide/enrolment.md'"),
    ],
)
def test_a_quote_that_its_document_does_not_hold_is_stale(
    tmp_path: Path, facts: object, said: str, remedy: str
) -> None:
    (one,) = found(tmp_path, case(facts=facts, reference="It is ten minutes, an hour or eleven."))

    assert (one.rule, one.level) == ("stale", "error")
    assert said in one.message and remedy in one.remedy


def test_white_space_makes_no_quote_stale(tmp_path: Path) -> None:
    spread = replace(DOCUMENTS, texts={"a.md": "A code is\n  good for ten\tminutes."})

    assert found(tmp_path, case(facts=at("a.md", "good for  ten minutes")), documents=spread) == []


def test_a_quote_that_stands_elsewhere_too_is_ambiguous_until_the_fact_names_it(tmp_path: Path) -> None:
    twice = replace(DOCUMENTS, texts={**DOCUMENTS.texts, "copy.md": ENROLMENT})
    facts = at("guide/enrolment.md", "ten minutes")

    (one,) = found(tmp_path, case(facts=facts), documents=twice)

    assert one.rule == "ambiguous" and "stands in 'copy.md' too" in one.message
    both = [[*facts[0], {"source": "copy.md", "quote": "ten minutes"}]]
    assert found(tmp_path, case(facts=both), documents=twice) == []


def test_a_quote_that_stands_often_in_its_own_document_is_ambiguous(tmp_path: Path) -> None:
    for times, rules in ((2, []), (3, [(1, "ambiguous")])):
        often = replace(DOCUMENTS, texts={"a.md": "In ten minutes. " * times})
        assert told(found(tmp_path, case(facts=at("a.md", "ten minutes")), documents=often)) == rules


def test_a_reference_without_a_word_of_its_quotes_is_a_warning(tmp_path: Path) -> None:
    (one,) = found(tmp_path, case(reference="Until it is used."))

    assert (one.rule, one.level) == ("reference", "warning")


def test_a_proposed_case_without_facts_is_reminded_of_them(tmp_path: Path) -> None:
    bare = {key: value for key, value in GOOD.items() if key != "facts"}
    silent = case(id="b", question="Who pays?", kind="unanswerable", facts=[], status="proposed")

    assert told(found(tmp_path, {**bare, "status": "proposed"}, silent)) == [(1, "no-evidence")]


def test_without_documents_no_quote_is_looked_for(tmp_path: Path) -> None:
    assert found(tmp_path, case(facts=at("gone.md", "ten minutes")), documents=None) == []


def frame(folder: Path, toml: str, *, cases: int, fewest: int = 5) -> list[CaseFinding]:
    suite = load_suite(write_suite(folder, toml, cases=cases))
    return [*check_suite(suite, "suite.toml", toml.splitlines(), fewest)]


def test_a_blocking_rule_over_too_few_clusters_is_told_at_its_line(tmp_path: Path) -> None:
    toml = HEAD + TABLE + "[[advisory]]\nmetric = 'responds'\nmargin = 0.1\n"

    (one,) = frame(tmp_path, toml, cases=8)

    assert (one.rule, one.level, one.line) == ("few-clusters", "error", 7)
    assert "finishes blocks, and its 8 cases are of 4 clusters: it takes 5" in one.message
    assert frame(tmp_path, toml, cases=10) == []


def test_only_cases_that_the_rule_measures_count(tmp_path: Path) -> None:
    toml = HEAD + "[[rules]]\nmetric = 'abstains_when_silent'\nmargin = 0.1\n"

    (one,) = frame(tmp_path, toml, cases=24)

    assert "its 4 cases are of 4 clusters" in one.message


def test_invariants_need_no_clusters(tmp_path: Path) -> None:
    assert frame(tmp_path, HEAD + "[[invariants]]\nmetric = 'finishes'\nat_least = 1\n", cases=1) == []


def test_one_cluster_with_a_large_share_is_a_warning(tmp_path: Path) -> None:
    folder = write_suite(tmp_path, HEAD + TABLE, cases=16)
    file = folder / "cases.jsonl"
    file.write_text(re.sub(r"cluster [01]\b", "cluster 0", file.read_text()))
    assert [*check_suite(load_suite(folder), "suite.toml", [], 5)] == []
    file.write_text(re.sub(r"cluster [012]\b", "cluster 0", file.read_text()))

    (one,) = check_suite(load_suite(folder), "suite.toml", [], 5)

    assert (one.rule, one.level) == ("large-cluster", "warning") and "holds 6 of 16 cases" in one.message


def test_a_file_that_cannot_be_read_is_refused_as_loading_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").mkdir()
    with pytest.raises(SettingsError, match="is not a file"):
        read_cases(tmp_path / "cases.jsonl", "cases.jsonl")


def test_every_rule_has_its_row_in_the_reference() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+) \|$", text(Path("docs/reference/case-lint.md")), re.M)

    assert {name: (level, finds) for name, level, finds in rows} == dict(RULES)
