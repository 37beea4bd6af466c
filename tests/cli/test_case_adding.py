"""`surefoot eval cases add`."""

import json
from pathlib import Path

import pytest
from tests.cli.case_project import CASE, SUITE, VALVE, CaseProject, case_project

SEALS = ("--question", "Where are spare seals kept?", "--reference", "In the cellar, on the shelf.")
CELLAR = ("--source", "seals.txt", "--quote", "Spare seals are kept in the cellar")


@pytest.fixture
def project(tmp_path: Path) -> CaseProject:
    return case_project(tmp_path / "project")


def test_a_case_is_written_with_what_its_quotes_say_of_it(project: CaseProject) -> None:
    said = project.said("add", "answers", *SEALS, *CELLAR, "--tag", "stores")

    assert said == "wrote where-are-spare-seals-kept to evals/answers/cases.jsonl: single\n"
    assert project.lines() == [
        CASE,
        {
            "id": "where-are-spare-seals-kept",
            "kind": "single",
            "cluster": "seals.txt",
            "question": "Where are spare seals kept?",
            "reference": "In the cellar, on the shelf.",
            "facts": [[{"source": "seals.txt", "quote": "Spare seals are kept in the cellar"}]],
            "tags": ["stores"],
        },
    ]
    assert project.run("lint")[0] == 0


def test_kinds_follow_from_quotes_and_what_is_given_counts(project: CaseProject) -> None:
    shelf = ("--source", "seals.txt", "--quote", "on the shelf beside the door")
    project.said("add", "answers", *SEALS, *CELLAR, *shelf, "--id", "both", "--status", "proposed")
    project.said("add", "answers", "--question", "Who pays?", "--reference", "The documents do not say.")
    said = project.said(
        *("add", "answers", "--question", "Which shelf?", "--reference", "Beside the door.", *shelf),
        *("--kind", "misleading", "--cluster", "stores", "--json"),
    )

    _, both, silent, shelved = project.lines()
    assert (both["id"], both["kind"], both["status"]) == ("both", "several", "proposed")
    assert (silent["kind"], silent["cluster"]) == ("unanswerable", "who-pays") and "facts" not in silent
    assert (shelved["kind"], shelved["cluster"]) == ("misleading", "stores")
    assert json.loads(said)["case"] == shelved


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*SEALS, "--source", "seals.txt", "--quote", "in the attic"), "is not in 'seals.txt'"),
        ((*SEALS, "--source", "seal.txt", "--quote", "cellar"), "is no document of the app 'answers'"),
        ((*SEALS, *CELLAR, "--id", "valve-3"), "the suite has the id 'valve-3' already"),
        ((*SEALS, *CELLAR, "--id", "a b"), "id is 'a b'"),
        ((*SEALS, *CELLAR, "--kind", "unanswerable"), "is 'unanswerable' and has 1 facts"),
        (
            (
                "--question",
                str(CASE["question"]),
                "--reference",
                "33.",
                "--source",
                "valves.md",
                "--quote",
                VALVE,
            ),
            "the question 'At what temperature does valve 3 open?' already, in the case 'valve-3'",
        ),
    ],
)
def test_what_cannot_be_a_case_of_the_suite_is_refused_and_nothing_written(
    project: CaseProject, words: tuple[str, ...], said: str
) -> None:
    before = project.cases.read_bytes()

    assert said in project.refused("add", "answers", *words)
    assert project.cases.read_bytes() == before


def test_the_first_case_of_a_suite_is_added_like_any_other(project: CaseProject) -> None:
    project.cases.unlink()
    project.said("add", "answers", *SEALS, *CELLAR)
    assert len(project.lines()) == 1


def test_a_question_like_another_is_written_with_a_warning(project: CaseProject) -> None:
    code, _, warned = project.run(
        *(
            "add",
            "answers",
            "--question",
            "At what temperature do valves 3 open?",
            "--reference",
            "At 33 degrees.",
        ),
        *("--source", "valves.md", "--quote", VALVE),
    )

    assert code == 0 and "is like that of 'valve-3'" in warned and len(project.lines()) == 2


def test_a_suite_that_takes_its_cases_from_another_is_not_added_to(project: CaseProject) -> None:
    project.write("evals/demo/suite.toml", SUITE + '[cases]\nfrom = "answers"\n')

    assert "takes its cases from 'answers'" in project.refused("add", "demo", *SEALS, *CELLAR)
    assert "there is no suite 'demos'" in project.refused("add", "demos", *SEALS, *CELLAR)


def test_each_quote_takes_its_document(project: CaseProject) -> None:
    assert project.run("add", "answers", *SEALS, *CELLAR, "--quote", "shelf")[0] == 2


EXPORTS = Path(__file__).parents[1] / "evals" / "exports"


def test_a_file_of_csv_is_brought_row_by_row(project: CaseProject) -> None:
    said = project.said("import", "answers", str(EXPORTS / "csv.csv"), "--from", "csv").splitlines()

    assert said == [
        "line 2: taken as at-what-temperature-does-valve-4-open",
        "line 3: taken as where-are-spare-seals-kept",
        "    its quote 'kept in the attic' is not in 'seals.txt'",
        "line 4: left out: it has no reference answer",
        "wrote 2 proposed cases to evals/answers/cases.jsonl; 1 row left out",
    ]
    first, *brought = project.lines()
    assert first == CASE and [case["status"] for case in brought] == ["proposed", "proposed"]
    assert brought[0]["provenance"] == {"from": "csv", "file": "csv.csv", "row": "line 2"}
    code, told, counted = project.run("lint")
    assert (
        code == 1
        and told.count("[stale]") == 1
        and "3 cases of 1 suite checked, 2 of them proposed" in counted
    )


@pytest.mark.parametrize(
    ("file", "taken", "left_out", "lost"),
    [
        ("ragas.jsonl", 3, 0, {}),
        ("langfuse.json", 1, 2, {}),
        ("promptfoo.yaml", 2, 1, {"assertion latency": 1}),
    ],
)
def test_files_of_other_tools_are_brought_once(
    project: CaseProject, file: str, taken: int, left_out: int, lost: dict[str, int]
) -> None:
    words = ("import", "answers", str(EXPORTS / file), "--from", file.split(".")[0], "--json")

    said = json.loads(project.said(*words))
    again = json.loads(project.said(*words))

    assert said["written"] and not again["written"]
    assert [sum("case" in row for row in one["rows"]) for one in (said, again)] == [taken, 0]
    assert sum("left_out" in row for row in said["rows"]) == left_out
    assert said["not_taken_over"] == lost and len(project.lines()) == 1 + taken


def test_a_trial_and_a_strict_one_write_nothing(project: CaseProject) -> None:
    words = ("import", "answers", str(EXPORTS / "csv.csv"), "--from", "csv")
    before = project.cases.read_bytes()

    said = project.said(*words, "--dry-run")
    assert said.endswith("would write 2 proposed cases to evals/answers/cases.jsonl; 1 row left out\n")
    code, told, _ = project.run(*words, "--strict")
    assert code == 1 and told.endswith("wrote nothing, as --strict wants: 1 row left out\n")
    assert project.cases.read_bytes() == before


def test_a_file_with_columns_of_ones_own_is_mapped(project: CaseProject) -> None:
    project.write(
        "fragen.csv", "Frage;Antwort;Beleg\nWann wird abgelesen?;Mittags.;reads every gauge at noon\n"
    )
    words = ("import", "answers", "fragen.csv", "--from", "csv")

    assert "--map question=HEADER" in project.refused(*words)
    project.said(*words, "--map", "question=Frage", "--map", "reference=Antwort", "--map", "quote=Beleg")

    assert project.lines()[1]["facts"] == [[{"source": "keepers.html", "quote": "reads every gauge at noon"}]]
    assert "a case has no 'qestion' to map" in project.refused(*words, "--map", "qestion=Frage")
    assert project.run(*words, "--map", "Frage")[0] == 2


def test_a_file_that_is_not_there_or_of_another_form_is_refused(project: CaseProject) -> None:
    assert "cannot be read" in project.refused("import", "answers", "gone.csv", "--from", "csv")
    assert "of promptfoo" in project.refused(
        "import", "answers", str(EXPORTS / "csv.csv"), "--from", "promptfoo"
    )
