"""Everything that can be known of a suite's cases without a model: which are wrong, stale, alike, or too few.

docs/reference/case-lint.md says what each rule is for. Nothing here reads a document: what the documents hold
is handed in.
"""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surefoot.errors import SettingsError
from surefoot.evals.case_reading import read_case
from surefoot.evals.cases import Asked, asked_of, case_lines
from surefoot.evals.evidence import spaced, times_in
from surefoot.evals.likeness import content_words, near_duplicates
from surefoot.evals.suites import Suite
from surefoot.records import Case, Evidence, Fact
from surefoot.records.strict_json import shown

Level = Literal["error", "warning"]

# How often a quote may stand in its own document before nobody knows which place is meant.
MANY_TIMES = 3
# The share of the cases that one cluster may hold.
LARGEST_SHARE = 0.25
MOST_NAMED = 3

# Every rule, with what it finds.
RULES: Mapping[str, tuple[Level, str]] = {
    "suite": ("error", "a suite that cannot be read"),
    "case": ("error", "a line that is no case"),
    "duplicate": ("error", "a second case of the same id, or of the same question"),
    "corpus": ("error", "documents that cannot be read, so that no quote was looked for"),
    "stale": ("error", "a quote that its document does not hold"),
    "few-clusters": ("error", "a blocking rule over too few clusters to decide anything"),
    "ambiguous": ("warning", "a quote that stands in other places too"),
    "near-duplicate": ("warning", "a question that is like an earlier one"),
    "reference": ("warning", "a reference that has no word of its quotes"),
    "no-evidence": ("warning", "a proposed case without the facts that it needs once it is accepted"),
    "large-cluster": ("warning", "a cluster with too large a share of the cases"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CaseFinding:
    """Something to mend in a file of a suite; `line` counts from 1."""

    file: str
    line: int
    rule: str
    level: Level
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What an app's documents say, by source: texts as they are read, and why others have none."""

    app: str
    texts: Mapping[str, str]
    unread: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCases:
    """The cases of a file that can be read, each with its line, and what is wrong with the other lines."""

    file: str
    cases: tuple[tuple[int, Case], ...]
    findings: tuple[CaseFinding, ...]

    def finding(self, line: int, rule: str, message: str, remedy: str) -> CaseFinding:
        """A finding in this file."""
        return finding(self.file, line, rule, message, remedy)


def finding(file: str, line: int, rule: str, message: str, remedy: str) -> CaseFinding:
    """A finding at the level of its rule."""
    return CaseFinding(file=file, line=line, rule=rule, level=RULES[rule][0], message=message, remedy=remedy)


def read_cases(file: Path, called: str) -> ReadCases:
    """Every line of the file, which findings call `called`. Raises what reading the file itself raises."""
    cases: list[tuple[int, Case]] = []
    findings: list[CaseFinding] = []
    for line, content in case_lines(file):
        where = f"{called}:{line}"
        try:
            cases.append((line, read_case(content, where)))
        except SettingsError as error:
            message = error.message.removeprefix(f"{where}: ")
            findings.append(finding(called, line, "case", message, error.remedy))
    return ReadCases(file=called, cases=tuple(cases), findings=(*findings, *duplicates(called, cases)))


def check_cases(read: ReadCases, documents: Documents | None) -> Iterator[CaseFinding]:
    """What is wrong with cases that can be read; quotes are looked for where the documents are known."""
    yield from _alike(read)
    for line, case in read.cases:
        yield from _reference(read, line, case)
        if not case.accepted and case.answerable and not case.facts:
            yield read.finding(
                line,
                "no-evidence",
                f"{case.id!r} names no facts: nothing says which passages it needs",
                "add the places of the documents that answer it before you accept it",
            )
    if documents is not None:
        texts = {source: spaced(text) for source, text in documents.texts.items()}
        for line, case in read.cases:
            for fact in case.facts:
                yield from _quotes(read, line, case, fact, documents, texts)


def check_suite(suite: Suite, file: str, lines: Sequence[str], fewest: int) -> Iterator[CaseFinding]:
    """Whether its cases can decide what its rules ask. `lines` are those of its file, which is called `file`.

    `fewest` is how many clusters it takes to have bounds at all.
    """
    clusters = suite.clusters()
    for metric, ids in suite.expected().items():
        there = len({clusters[name] for name in ids})
        blocking = any(rule.blocking and rule.metric == metric for rule in suite.rules)
        if blocking and there < fewest:
            yield finding(
                file,
                _line_of(metric, lines),
                "few-clusters",
                f"{metric} blocks, and its {len(ids)} cases are of {_counted(there, 'cluster')}: "
                f"it takes {fewest} to tell anything",
                "add cases about other documents, or make the rule advisory until there are some",
            )
    sizes = Counter(clusters.values())
    cluster, most = sizes.most_common(1)[0]
    if len(sizes) >= fewest and most > LARGEST_SHARE * len(clusters):
        yield finding(
            file,
            1,
            "large-cluster",
            f"the cluster {shown(cluster)} holds {most} of {len(clusters)} cases: one event moves them all",
            "add cases about other documents, or give cases that do not hang together their own clusters",
        )


def duplicates(called: str, cases: Sequence[tuple[int, Case]]) -> Iterator[CaseFinding]:
    """Cases whose id or question stands in an earlier line."""
    ids: dict[str, int] = {}
    questions: dict[Asked, int] = {}
    for line, case in cases:
        first_id = ids.setdefault(case.id, line)
        first_question = questions.setdefault(asked_of(case), line)
        said = f"the id {case.id!r}", f"the question {shown(case.question)}"
        for what, first in zip(said, (first_id, first_question), strict=True):
            if first != line:
                message = f"{what} stands in line {first} already"
                yield finding(called, line, "duplicate", message, "change it, or remove one of the two")


def _alike(read: ReadCases) -> Iterator[CaseFinding]:
    exact = {asked_of(case): line for line, case in reversed(read.cases)}
    first = [(line, case) for line, case in read.cases if exact[asked_of(case)] == line]
    for at, earlier in near_duplicates([case for _, case in first]):
        line, case = first[at]
        _, other = first[earlier]
        yield read.finding(
            line,
            "near-duplicate",
            f"the question {shown(case.question)} is like that of {other.id!r}",
            "remove one of the two, or word them so that they ask different things; give those that stay one "
            "cluster",
        )


def _reference(read: ReadCases, line: int, case: Case) -> Iterator[CaseFinding]:
    quotes = " ".join(place.quote for fact in case.facts for place in fact.places)
    if case.facts and content_words(case.reference).isdisjoint(content_words(quotes)):
        yield read.finding(
            line,
            "reference",
            f"the reference {shown(case.reference)} has no word of the quotes of {case.id!r}",
            "see whether the quotes are those of this question, and answer in the documents' own words",
        )


def _quotes(
    read: ReadCases, line: int, case: Case, fact: Fact, documents: Documents, texts: Mapping[str, str]
) -> Iterator[CaseFinding]:
    named = {place.source for place in fact.places}
    for place in fact.places:
        quote = spaced(place.quote)
        here = times_in(quote, texts.get(place.source, ""))
        others = [source for source, text in texts.items() if source not in named and times_in(quote, text)]
        if not here:
            yield read.finding(line, "stale", _stale(case, place, documents), _refresh(place, others, texts))
        elif others:
            yield read.finding(
                line,
                "ambiguous",
                f"the quote {shown(place.quote)} of {case.id!r} stands in {_some(others)} too",
                "name these places in the fact as well, or quote more, so that it stands in one document",
            )
        elif here >= MANY_TIMES:
            yield read.finding(
                line,
                "ambiguous",
                f"the quote {shown(place.quote)} of {case.id!r} stands {here} times in {place.source!r}",
                "quote more of the statement, so that it says which place is meant",
            )


def _stale(case: Case, place: Evidence, documents: Documents) -> str:
    quote = f"the quote {shown(place.quote)} of {case.id!r}"
    if place.source in documents.texts:
        return f"{quote} is not in {place.source!r}"
    if place.source in documents.unread:
        return f"{quote} is of {place.source!r}, which cannot be read: {documents.unread[place.source]}"
    return f"{quote} is of {place.source!r}, which is no document of the app {documents.app!r}"


def _refresh(place: Evidence, others: Sequence[str], texts: Mapping[str, str]) -> str:
    if others:
        return f"it stands in {_some(others)}: name that as its source, if it still answers the question"
    if place.source in texts:
        return "copy the quote from the document as it is now, or remove the case if it no longer holds"
    near = difflib.get_close_matches(place.source, texts, n=1)
    meant = f"is {near[0]!r} meant? " if near else ""
    return f"{meant}name a document that is there, or remove the case"


def _some(sources: Sequence[str]) -> str:
    named = ", ".join(map(repr, sources[:MOST_NAMED]))
    more = len(sources) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _line_of(metric: str, lines: Sequence[str]) -> int:
    """The line of suite.toml that names the metric, as far as it can be told; else the first."""
    named = [at for at, line in enumerate(lines, 1) if f'"{metric}"' in line or f"'{metric}'" in line]
    return named[0] if named else 1


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
