"""What a plan says of rules that can be tested, that cannot, and that nothing is known of."""

import io
import json

from rich.console import Console

from surefoot.gate.planning import Power
from surefoot.reports.plan_report import PlannedRule, SuitePlan, plan_json, plan_table, refusals


def rule(
    metric: str, margin: float, can: Power | None, *, receipt: str = "ab" * 32, clusters: int = 20
) -> PlannedRule:
    return PlannedRule(
        metric=metric,
        margin=margin,
        cases=40,
        clusters=clusters,
        power=can,
        smallest=None if can is None else can.smallest,
        receipt=receipt,
        differing=0.15,
    )


PLAN = SuitePlan(
    suite="answers",
    cases=44,
    clusters=22,
    confidence=0.95,
    rules=(
        rule("recall", 0.1, Power(smallest=0.0801, passes=0.9, cases=40, clusters=20)),
        rule("overlap", 0.05, Power(smallest=0.1, passes=0.5, cases=160, clusters=80)),
        rule("guessed", 0.05, Power(smallest=0.1, passes=0.5, cases=160, clusters=80), receipt=""),
        rule("scarce", 0.1, Power(smallest=None, passes=0.0, cases=50, clusters=5), clusters=4),
        rule("nowhere", 0.1, None),
    ),
)


def test_a_plan_is_a_table_with_what_each_rule_would_take() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(plan_table(PLAN))
    assert isinstance(console.file, io.StringIO)
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]

    assert "suite answers: 44 cases in 22 clusters; bounds at 95%, one-sided" in lines
    assert "recall 40 20 0.1 0.081 90% receipt abababababab" in lines
    assert "overlap 40 20 0.05 0.1 160 cases 50% receipt abababababab" in lines
    assert "guessed 40 20 0.05 0.1 160 cases 50% 0.15 differing, assumed" in lines


def test_only_what_is_sure_is_refused_with_what_to_do() -> None:
    assert [message.partition(" of ")[2].partition(":")[0] for message, _ in refusals(PLAN)] == [
        "overlap",
        "scarce",
        "nowhere",
    ]
    message, remedy = next(iter(refusals(PLAN)))
    assert message.endswith("its 40 cases in 20 clusters can test 0.1")
    assert remedy == (
        "add 120 cases of 60 more documents or conversations, or accept the margin 0.1 in suite.toml"
    )


def test_a_program_gets_the_same() -> None:
    told = json.loads(plan_json(PLAN))

    assert told["passes"] == 0.0
    assert [one["testable"] for one in told["rules"]] == [True, False, False, False, False]
    assert [one["cases_needed"] for one in told["rules"]] == [40, 160, 160, 50, None]
    assert [one["receipt"] is None for one in told["rules"]] == [False, False, True, False, False]
