"""`surefoot eval cases lint | schema`."""

import json
from pathlib import Path

import pytest
from tests.cli.case_project import CASE, SUITE, CaseProject, case_project

from surefoot.evals.case_schema import case_schema_text


@pytest.fixture
def project(tmp_path: Path) -> CaseProject:
    return case_project(tmp_path / "project")


def append(project: CaseProject, line: str) -> None:
    with project.cases.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_a_suite_that_is_right_is_told_in_one_line(project: CaseProject) -> None:
    code, told, counted = project.run("lint")

    assert (code, told) == (0, "")
    assert counted.splitlines()[-1] == "1 case of 1 suite checked: 0 errors, 0 warnings"


def test_quotes_are_looked_for_in_what_the_index_reads(project: CaseProject) -> None:
    read_out = {"source": "keepers.html", "quote": "Keepers A keeper reads"}
    tags = {"source": "keepers.html", "quote": "<p>A keeper reads"}
    for number, place in enumerate((read_out, tags)):
        asked = {"id": f"c{number}", "question": f"Who reads gauge {number}?", "reference": "A keeper."}
        append(project, json.dumps({**CASE, **asked, "facts": [[place]]}))

    code, told, _ = project.run("lint", "answers")

    assert code == 1 and told.count("[stale]") == 1
    assert told.startswith("evals/answers/cases.jsonl:3: error[stale] the quote '<p>A keeper reads' of 'c1'")


def test_documents_that_are_frozen_beside_the_cases_are_what_they_quote(project: CaseProject) -> None:
    project.write("evals/answers/corpus/valves.md", "Valve 3 opens at a\ntemperature of 33 degrees.\n")
    (project.top / "papers" / "valves.md").write_text("Nothing is left of it.\n")

    assert project.run("lint")[0] == 0
    (project.top / "evals" / "answers" / "corpus" / "valves.md").write_text("Valve 3 opens.\n")
    assert project.run("lint")[0] == 1


def test_every_finding_is_told_with_its_remedy(project: CaseProject) -> None:
    append(project, "{")
    append(project, json.dumps({**CASE, "id": "again", "status": "proposed"}))

    code, told, counted = project.run("lint")

    assert code == 1
    lines = told.splitlines()
    assert [line.split(" ")[0] for line in lines[::2]] == [
        f"evals/answers/cases.jsonl:{at}:" for at in (2, 3)
    ]
    assert all(line.startswith("    ") for line in lines[1::2])
    assert "2 cases of 1 suite checked, 1 of them proposed: 2 errors, 0 warnings" in counted


def test_warnings_end_it_only_where_it_is_to_be_strict(project: CaseProject) -> None:
    append(project, json.dumps({**CASE, "id": "b", "question": "At what temperature do valves 3 open?"}))

    code, told, _ = project.run("lint")
    assert code == 0 and "warning[near-duplicate]" in told
    code, told, _ = project.run("lint", "--strict")
    assert code == 1 and "error[near-duplicate]" in told


def test_json_and_annotations_say_the_same(project: CaseProject) -> None:
    append(project, "[1]")

    said = json.loads(project.run("lint", "--json")[1])
    annotation = project.run("lint", "--github")[1]

    assert (said["schema"], said["suites"], said["cases"], said["proposed"]) == (1, ["answers"], 1, 0)
    (one,) = said["findings"]
    assert (one["file"], one["line"], one["rule"]) == ("evals/answers/cases.jsonl", 2, "case")
    assert annotation.startswith("::error file=evals/answers/cases.jsonl,line=2,col=1,title=surefoot case::")
    assert one["message"] in annotation
    assert project.run("lint", "--json", "--github")[0] == 2


def test_suites_that_cannot_be_read_are_findings_and_stop_no_other(project: CaseProject) -> None:
    project.write("evals/broken/suite.toml", "schema = 1\n")
    project.write("evals/lost/suite.toml", SUITE.replace("answers", "nobody"))
    project.write("evals/lost/cases.jsonl", json.dumps(CASE) + "\n")
    project.write("evals/odd/suite.toml", SUITE + '[cases]\nfrom = "answers"\nids = ["x"]\n')

    code, told, _ = project.run("lint")

    assert code == 1
    assert "evals/broken/suite.toml:1: error[suite] app is missing" in told
    assert "evals/lost/suite.toml:1: error[corpus] no quote was looked for" in told
    assert "evals/odd/suite.toml:1: error[suite] cases.ids is 'x'" in told
    assert "cases.jsonl" not in told.replace("evals/answers/cases.jsonl", "")


def test_a_suite_that_is_not_there_is_offered_those_that_are(project: CaseProject) -> None:
    assert "there is no suite 'answer'" in project.refused("lint", "answer")


def test_the_schema_is_printed_and_kept_up_to_date(project: CaseProject) -> None:
    assert project.said("schema") == case_schema_text()
    project.said("schema", "--out", "case.schema.json")
    project.said("schema", "--out", "case.schema.json", "--check")
    project.write("case.schema.json", case_schema_text().replace("planted", "hidden"))
    assert project.run("schema", "--out", "case.schema.json", "--check")[0] == 1
