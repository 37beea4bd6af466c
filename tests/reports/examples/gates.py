"""Gates for tests, one per way that a gate can end: a small suite about a handbook, scored by hand."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import fmean, stdev

from surefoot.records import (
    Case,
    CaseKind,
    Evidence,
    Fact,
    Invariant,
    InvariantResult,
    Message,
    NoResponse,
    Outcome,
    Passage,
    Responded,
    Response,
    Rule,
    RuleResult,
    Score,
    Scored,
    Scores,
    Unscored,
    Usage,
    Verdict,
)
from surefoot.releases.receipts import Receipt
from surefoot.reports.gate_report import GateReport

MADE_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CITATIONS = Rule(metric="citations_valid", blocking=True, margin=0.05, floor=0.8)
RECALL = Rule(metric="evidence_recall", blocking=True, margin=0.05, floor=0.6)
ABSTAINS = Rule(metric="abstains_rightly", blocking=True, margin=0.08, floor=0.75)
OVERLAP = Rule(metric="answer_overlap", blocking=False, margin=0.05)
FAITHFUL = Rule(metric="ragas_faithfulness", blocking=False, margin=0.1, judged=True)
FINISHES = Invariant(metric="finishes", at_least=1.0)
RULES = (CITATIONS, RECALL, ABSTAINS, OVERLAP, FAITHFUL)

_ASKED: tuple[tuple[CaseKind, str, str, str], ...] = (
    ("single", "leave", "How many days of leave may I carry over?", "Five days, until the end of March."),
    ("single", "badge", "Where do I collect my badge?", "At the front desk in Hall B."),
    ("several", "travel", "What is paid on a trip, and by when must I claim it?", "Rail and hotel; 30 days."),
    ("misleading", "leave", "Is leave still approved on paper?", "No, since 2024 it is approved online."),
    ("unanswerable", "badge", "Who designed the badge?", "The documents do not say."),
    ("single", "parking", "When does the garage close?", "At 22:00 on working days."),
)
_TEXTS = {
    "leave": "Up to five days of leave are carried over. They lapse at the end of March.",
    "badge": "Badges are handed out at the front desk in Hall B from 8:00.",
    "travel": "Rail and hotel are paid. Claims are handed in within 30 days.",
    "parking": "The garage closes at 22:00 on working days and at 18:00 on Saturdays.",
}


def cases(count: int = 12) -> dict[str, Case]:
    """So many cases, in turn about the same few things."""
    made = {}
    for number in range(count):
        kind, topic, question, reference = _ASKED[number % len(_ASKED)]
        turn = number // len(_ASKED)
        quote = _TEXTS[topic].split(". ")[0]
        fact = Fact(places=(Evidence(source=f"handbook/{topic}.md", quote=quote),))
        name = f"{topic}-{number + 1:02d}"
        made[name] = Case(
            id=name,
            kind=kind,
            cluster=f"{topic}-{turn}",
            question=question if turn == 0 else f"{question[:-1]}, as of version {turn + 1}?",
            reference=reference,
            facts=() if kind == "unanswerable" else (fact,) * (2 if kind == "several" else 1),
        )
    return made


def passages() -> tuple[Passage, ...]:
    return tuple(
        Passage(
            id=f"{number}" * 64,
            source=f"handbook/{topic}.md",
            start=100 * number,
            end=100 * number + len(text),
            text=text,
            headings=("Handbook", topic.capitalize()),
        )
        for number, (topic, text) in enumerate(_TEXTS.items(), 1)
    )


def responded(case: str, text: str, *, abstained: bool = False) -> Responded:
    return Responded(
        case=case,
        repeat=0,
        text=text,
        finish_reason="stop",
        abstained=abstained,
        passages=passages(),
        usage=Usage(prompt_tokens=420, output_tokens=18),
        first_token_seconds=0.2,
        total_seconds=1.1,
    )


def cited(case: Case) -> Response:
    """What a good release says."""
    if not case.answerable:
        return responded(case.id, "The documents do not say.", abstained=True)
    number = list(_TEXTS).index(case.cluster.partition("-")[0]) + 1
    return responded(case.id, f"{case.reference[:-1]} [{number}].")


def bare(case: Case) -> Response:
    """What it says when it is no longer told to cite."""
    return responded(case.id, case.reference if case.answerable else "Probably the design team did.")


def applies(rule: Rule, case: Case) -> bool:
    return case.answerable or rule.metric in {"abstains_rightly", "finishes"}


def scored(
    rules: Sequence[Rule], suite: Mapping[str, Case], value: float = 1.0
) -> dict[str, dict[str, Score]]:
    """The same score everywhere, but for a slight spread in what is advisory."""
    return {
        rule.metric: {
            name: Scored(value=value if rule.blocking else round(0.6 + 0.03 * (number % 5), 2))
            for number, (name, case) in enumerate(suite.items())
            if applies(rule, case)
        }
        for rule in rules
    }


def compared(
    rule: Rule,
    suite: Mapping[str, Case],
    candidate: Scores,
    baseline: Scores | None,
    outcome: Outcome,
    reason: str,
) -> RuleResult:
    """A rule's result whose numbers follow from the scores: bounds as if all cases were on their own."""
    new = {name: _value(score, 0.0) for name, score in candidate[rule.metric].items()}
    old = {name: _value(score, 1.0) for name, score in (baseline or {}).get(rule.metric, {}).items()}
    moved = {name: value - old.get(name, 0.0) for name, value in new.items()}
    error = stdev(moved.values()) / math.sqrt(len(moved))
    middle = fmean(moved.values())
    return RuleResult(
        rule=rule,
        outcome=outcome,
        reason=reason,
        cases=len(moved),
        clusters=len({suite[name].cluster for name in moved}),
        baseline=fmean(old.values()) if baseline is not None else None,
        candidate=fmean(new.values()),
        difference=middle if baseline is not None else None,
        lower=middle - 1.8 * error,
        upper=middle + 1.8 * error,
        discordant=sum(value != 0 for value in moved.values()) if baseline is not None else 0,
        unscored_baseline=_unscored((baseline or {}).get(rule.metric, {})),
        unscored_candidate=_unscored(candidate[rule.metric]),
        detectable=2.7 * error if baseline is not None else None,
        worse=tuple(sorted((name for name in moved if moved[name] < 0), key=lambda name: moved[name])[:10]),
    )


def _value(score: Score, missing: float) -> float:
    return score.value if isinstance(score, Scored) else missing


def _unscored(scores: Mapping[str, Score]) -> int:
    return sum(isinstance(score, Unscored) for score in scores.values())


def failing(count: int = 12) -> GateReport:
    """Nothing is cited any more, unanswerable questions are answered, and one answer never came."""
    suite = cases(count)
    baseline = scored(RULES, suite)
    candidate = scored(RULES, suite)
    answered = [name for name, case in suite.items() if case.answerable]
    for number, name in enumerate(answered):
        if number % 5:
            candidate["citations_valid"][name] = Scored(value=0.0)
    for name, case in suite.items():
        if not case.answerable:
            candidate["abstains_rightly"][name] = Scored(value=0.0)
    baseline["evidence_recall"][answered[1]] = Scored(value=0.5)
    silent = answered[2]
    for metric in ("citations_valid", "ragas_faithfulness"):
        candidate[metric][silent] = Unscored(reason="no answer came: ModelTimeoutError")
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("FAIL", "citations_valid fell by 0.800, more than the margin of 0.05 allows; leave-04 lost most."),
        ("PASS", "evidence_recall rose by 0.050: a loss beyond the margin of 0.05 is ruled out."),
        (
            "INCONCLUSIVE",
            "abstains_rightly fell by 0.167: a loss beyond the margin of 0.08 is not ruled out.",
        ),
        ("PASS", "answer_overlap did not move."),
        ("REFUSED", "ragas_faithfulness of the candidate: 1 of 10 cases was not scored."),
    )
    held = InvariantResult(invariant=FINISHES, broken=(silent,), unscored=())
    return report(
        "FAIL", suite, candidate, baseline, outcomes=outcomes, held=held, silent=silent, answer=bare
    )


def passing(count: int = 12) -> GateReport:
    """One case lost a little, another gained."""
    suite = cases(count)
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    baseline["evidence_recall"]["badge-02"] = Scored(value=0.5)
    candidate["citations_valid"]["travel-03"] = Scored(value=0.9)
    outcomes: tuple[tuple[Outcome, str], ...] = tuple(
        ("PASS", f"{rule.metric}: a loss beyond the margin of {rule.margin} is ruled out.") for rule in RULES
    )
    return report("PASS", suite, candidate, baseline, outcomes=outcomes, answer=cited)


def inconclusive() -> GateReport:
    suite = cases()
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    candidate["evidence_recall"]["leave-01"] = Scored(value=0.0)
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("PASS", "citations_valid did not move."),
        ("INCONCLUSIVE", "evidence_recall fell by 0.100: a loss beyond the margin of 0.05 is not ruled out."),
        ("PASS", "abstains_rightly did not move."),
        ("PASS", "answer_overlap did not move."),
        ("PASS", "ragas_faithfulness did not move."),
    )
    return report("INCONCLUSIVE", suite, candidate, baseline, outcomes=outcomes, answer=cited)


def refused() -> GateReport:
    """The worker that scores recall died on half of the cases: there are no numbers."""
    suite = cases()
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    for name in list(candidate["evidence_recall"])[::2]:
        candidate["evidence_recall"][name] = Unscored(reason="the worker died | twice\n\x1b[31m<b>@team</b>")
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("PASS", "citations_valid did not move."),
        ("REFUSED", "evidence_recall of the candidate was scored in 5 of 10 cases; 97% are needed."),
        ("PASS", "abstains_rightly did not move."),
        ("PASS", "answer_overlap did not move."),
        ("PASS", "ragas_faithfulness did not move."),
    )
    made = report("REFUSED", suite, candidate, baseline, outcomes=outcomes, answer=cited)
    verdict = made.receipt.verdict
    empty = dataclasses.replace(
        verdict.rules[1],
        baseline=None,
        candidate=None,
        difference=None,
        lower=None,
        upper=None,
        detectable=None,
    )
    rules = (verdict.rules[0], empty, *verdict.rules[2:])
    return with_verdict(made, dataclasses.replace(verdict, rules=rules))


def founding(outcome: Outcome = "PASS") -> GateReport:
    """The first release, against floors."""
    suite = cases()
    candidate = scored(RULES, suite)
    low = outcome == "FAIL"
    for name in list(candidate["citations_valid"])[: 6 if low else 1]:
        candidate["citations_valid"][name] = Scored(value=0.0)
    reached = "below" if low else "at or above"
    outcomes: tuple[tuple[Outcome, str], ...] = (
        (outcome, f"citations_valid is {0.4 if low else 0.9}, {reached} the floor of 0.8."),
        ("PASS", "evidence_recall is 1.000, at or above the floor of 0.6."),
        ("PASS", "abstains_rightly is 1.000, at or above the floor of 0.75."),
        ("PASS", "answer_overlap is 0.660; no floor is set, so it decides nothing."),
        ("PASS", "ragas_faithfulness is 0.660; no floor is set, so it decides nothing."),
    )
    return report(outcome, suite, candidate, None, outcomes=outcomes, answer=cited)


def with_verdict(made: GateReport, verdict: Verdict) -> GateReport:
    receipt = dataclasses.replace(made.receipt, verdict=verdict)
    return dataclasses.replace(made, receipt=receipt)


def report(
    outcome: Outcome,
    suite: Mapping[str, Case],
    candidate: Scores,
    baseline: Scores | None,
    *,
    outcomes: Sequence[tuple[Outcome, str]],
    answer: Callable[[Case], Response],
    held: InvariantResult | None = None,
    silent: str = "",
) -> GateReport:
    """A report of these scores; the case `silent` got no answer from the candidate."""
    results = tuple(
        compared(rule, suite, candidate, baseline, *ended)
        for rule, ended in zip(RULES, outcomes, strict=True)
    )
    verdict = Verdict(
        kind="founding" if baseline is None else "comparison",
        outcome=outcome,
        reasons=tuple(one.reason for one in results if one.rule.blocking and one.outcome == outcome),
        rules=results,
        invariants=(held or InvariantResult(invariant=FINISHES, broken=(), unscored=()),),
        confidence=0.95,
    )
    receipt = Receipt(
        app="answers",
        release="a1" * 32,
        baseline=None if baseline is None else "b2" * 32,
        model="c3" * 32,
        suite="answers",
        suite_digest="d4" * 32,
        instruments="e5" * 32,
        revision="f6" * 20,
        uncommitted=False,
        made_at=MADE_AT,
        candidate_run="17" * 32,
        baseline_run=None if baseline is None else "28" * 32,
        candidate_scores=candidate,
        baseline_scores=baseline,
        verdict=verdict,
    )
    responses = {name: answer(case) for name, case in suite.items()}
    if silent:
        responses[silent] = NoResponse(
            case=silent, repeat=0, kind="ModelTimeoutError", message="no first token within 20 s"
        )
    return GateReport(
        receipt=receipt,
        digest="90" * 32,
        cases=suite,
        candidate=responses,
        baseline={} if baseline is None else {name: cited(case) for name, case in suite.items()},
        prompt_diff=PROMPT_DIFF,
    )


PROMPT_DIFF = """\
--- a/prompts/answer.prompt.md
+++ b/prompts/answer.prompt.md
@@ -12,4 +12,3 @@
 Answer only from the passages.
-Write [n] behind each statement, n being the number of the passage that it rests on.
 If the passages do not hold the answer, say: The documents do not say.
"""


def hostile(text: str) -> GateReport:
    """The failing gate, with this text wherever a case, a document, a model or a worker may put one."""
    made = failing(6)
    receipt = made.receipt
    passage = Passage(id="9" * 64, source=text, start=0, end=len(text), text=text, headings=(text,))

    def spoilt(response: Response) -> Response:
        if isinstance(response, NoResponse):
            return dataclasses.replace(response, kind=text, message=text)
        return dataclasses.replace(response, text=text, finish_reason=text, passages=(passage, passage))

    def unscored(scores: Scores) -> Scores:
        return {
            metric: {
                case: Unscored(reason=text) if isinstance(score, Unscored) else score
                for case, score in by_case.items()
            }
            for metric, by_case in scores.items()
        }

    verdict = receipt.verdict
    verdict = dataclasses.replace(
        verdict,
        reasons=(text,),
        rules=tuple(dataclasses.replace(result, reason=text) for result in verdict.rules),
    )
    return dataclasses.replace(
        made,
        receipt=dataclasses.replace(
            receipt,
            revision=text,
            verdict=verdict,
            candidate_scores=unscored(receipt.candidate_scores),
            baseline_scores=unscored(receipt.baseline_scores or {}),
        ),
        cases={
            name: dataclasses.replace(
                case,
                question=text,
                reference=text,
                facts=tuple(Fact(places=(Evidence(source=text, quote=text),)) for _ in case.facts),
                history=(Message(role="user", content=text),),
            )
            for name, case in made.cases.items()
        },
        candidate={name: spoilt(response) for name, response in made.candidate.items()},
        baseline={name: spoilt(response) for name, response in made.baseline.items()},
        prompt_diff=text,
    )


# What has fooled a renderer before, and any other text.
TRICKS = (
    "</pre></td></table><script>alert(1)</script>",
    "@octocat please, #12 and octo/repo#3, GH-4, fixes #5, !6, ~label",
    "![x](https://example.org/x.png) [y](javascript:alert(1)) <img src=x onerror=alert(1)>",
    "https://example.org www.example.org mailto:a@example.org <https://example.org>",
    "a | b | c\n| --- | --- |\n\n/approve\n\n# heading\n```\nfence\n~~~~",
    "--> <!-- ]]> <![CDATA[ &amp; &#64;octocat \" ' onclick='x'",
    "\x00\x01\x1b[31mred\x1b]0;title\x07\u202e\ud800\ufffe\uffff\u2028\x85",
    "`````` $x$ \\| {{ 7*7 }} {% raw %} [1] [1, 2] [99]",
)
