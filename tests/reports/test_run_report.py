import dataclasses
import io
import json

from rich.console import Console
from tests.reports.examples.gates import OVERLAP, RECALL, scored
from tests.reports.examples.handbook import bare, cases

from surefoot.records import NoResponse, Response, Scored, Unscored
from surefoot.reports.run_report import RunReport, run_json, run_table, run_tallies


def run_report() -> RunReport:
    suite = cases()
    scores = scored((RECALL, OVERLAP), suite)
    scores["finishes"] = {name: Scored(value=1.0) for name in suite}
    scores["evidence_recall"]["leave-01"] = Scored(value=0.0)
    scores["evidence_recall"]["badge-02"] = Unscored(reason="the worker\x1b[2J died")
    responses: dict[str, Response] = {name: bare(case) for name, case in suite.items()}
    responses["leave-01"] = NoResponse(case="leave-01", repeat=0, kind="ModelTimeoutError", message="late")
    return RunReport(
        app="answers",
        release="a1" * 32,
        suite="answers",
        run="17" * 32,
        cases=suite,
        rules=(RECALL, OVERLAP),
        responses=responses,
        scores=scores,
    )


def shown(report: RunReport) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(run_table(report))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_a_run_is_a_table_of_means_by_kind_with_what_was_not_scored() -> None:
    assert (
        shown(run_report())
        == """\
answers a1a1a1a1a1a1 on suite answers: 11 of 12 cases answered, 0 by abstaining, 1 ModelTimeoutError

metric           rule        mean  cases  unscored  single  several  misleading  unanswerable
evidence_recall  blocking   0.889     10         1   0.800    1.000       1.000             -
answer_overlap   advisory   0.651     10         0   0.625    0.675       0.705             -
finishes         invariant  1.000     12         0   1.000    1.000       1.000         1.000

evidence_recall not measured: 1 x the worker died"""
    )


def test_a_metric_that_was_never_scored_has_no_mean() -> None:
    report = run_report()
    unscored = {name: Unscored(reason="no judge") for name in report.cases}
    report = dataclasses.replace(report, scores={**report.scores, "evidence_recall": unscored})
    assert run_tallies(report)[0].all_cases.mean is None
    (row,) = [line for line in shown(report).splitlines() if line.startswith("evidence_recall  ")]
    assert row.split() == ["evidence_recall", "blocking", "-", "12", "12", "-", "-", "-", "-"]


def test_a_rule_without_a_score_has_a_row_all_the_same() -> None:
    report = dataclasses.replace(run_report(), scores={})
    assert [(one.metric, one.all_cases.cases) for one in run_tallies(report)] == [
        ("evidence_recall", 0),
        ("answer_overlap", 0),
    ]


def test_the_json_has_the_same_numbers_and_every_score() -> None:
    report = run_report()
    value = json.loads(run_json(report))
    recall = value["metrics"]["evidence_recall"]
    assert value["schema"] == 1 and (value["cases"], value["answered"]) == (12, 11)
    assert value["unanswered"] == {"ModelTimeoutError": 1}
    assert recall["mean"] == 8 / 9 and recall["unscored"] == {"the worker\x1b[2J died": 1}
    assert recall["by_kind"]["single"] == {
        "mean": 0.8,
        "cases": 6,
        "unscored": {"the worker\x1b[2J died": 1},
    }
    assert "unanswerable" not in recall["by_kind"]
    assert value["scores"]["evidence_recall"]["leave-01"] == {"value": 0.0}


def test_how_many_proposed_cases_were_left_out_is_said() -> None:
    report = dataclasses.replace(run_report(), proposed=3)
    assert "; 3 proposed left out" in shown(report) and "proposed" not in shown(run_report())
    assert json.loads(run_json(report))["proposed"] == 3


def test_many_reasons_are_counted_rather_than_listed() -> None:
    report = run_report()
    unscored = {name: Unscored(reason=f"reason {number}") for number, name in enumerate(cases(30))}
    report = dataclasses.replace(report, cases=cases(30), scores={"evidence_recall": unscored})
    text = shown(report)
    assert text.count("not measured: 1 x reason") == 20 and "10 more reasons" in text
