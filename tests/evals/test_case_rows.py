"""Files of CSV and of ragas: what is taken of a row, what is lost, and why one is left out."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evals.reading_rows import READERS, jsonl, reason, refusal, row, rows

from surefoot.errors import InputError
from surefoot.evals.case_rows import LeftOut, Quote, Row
from surefoot.records import Message

# CSV


def test_csv_columns_go_by_header_whatever_their_order_and_case() -> None:
    content = (
        'Tags,QUESTION,reference,source,quote,kind,owner\n"a; b",How?,Ten.,a.md,"ten\nminutes",Single,Ann\n'
    )

    one = row("csv", content)

    assert (one.place, one.question, one.reference, one.kind) == ("line 2", "How?", "Ten.", "single")
    assert one.quotes == (Quote(text="ten\nminutes", source="a.md"),)
    assert one.tags == ("a", "b") and one.lost == ("owner",)


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
def test_csv_of_any_spreadsheet_with_headers_of_ones_own(sign: str) -> None:
    content = f"\ufeffFrage{sign}Antwort\r\nWie lange?{sign}Zehn.\r\n\r\nUnd dann?{sign}\r\n"

    first, second = rows("csv", content, question="Frage", reference="Antwort")

    assert isinstance(first, Row) and (first.question, first.reference) == ("Wie lange?", "Zehn.")
    assert isinstance(second, Row) and (second.place, second.reference) == ("line 4", "")


def test_csv_lines_are_counted_as_an_editor_counts_them() -> None:
    content = 'question,reference\n"a\nb",x\nc,y\nd,y,z\n'

    assert [one.place for one in rows("csv", content)] == ["line 2", "line 4", "line 5"]
    last = rows("csv", content)[-1]
    assert isinstance(last, LeftOut) and "has 3 cells, and the header names 2" in last.reason


def test_csv_without_the_columns_is_refused_with_those_it_has() -> None:
    assert "no column 'question'; it has 'Frage', 'reference'" in refusal("csv", "Frage,reference\nx,y\n")
    assert "no column 'Beleg'" in refusal("csv", "question,reference\nx,y\n", quote="Beleg")
    assert "not in UTF-8: byte 20" in refusal("csv", b"question,reference\n\xe9,x\n")
    assert "no column 'question'; it has none" in refusal("csv", b"")


def test_csv_that_names_a_document_and_no_quote_says_so() -> None:
    assert "'a.md' and no quote" in row("csv", "question,reference,source\nx,y,a.md\n").notes[0]


# ragas: as EvaluationDataset.to_jsonl and Testset.to_jsonl write it

SAMPLE = {
    "user_input": "When was the first super bowl?",
    "retrieved_contexts": ["Found by an app."],
    "reference_contexts": [
        "<1-hop>\n\nThe first Super Bowl was in 1967.",
        "<2-hop>\n\nIt was in Los Angeles.",
    ],
    "response": "In 1967.",
    "reference": "On January 15, 1967.",
    "synthesizer_name": "multi_hop_specific_query_synthesizer",
}


def test_ragas_takes_reference_contexts_as_evidence_and_never_what_an_app_found() -> None:
    one = row("ragas", jsonl(SAMPLE))

    assert (one.question, one.reference) == (SAMPLE["user_input"], SAMPLE["reference"])
    assert [quote.text for quote in one.quotes] == [
        "The first Super Bowl was in 1967.",
        "It was in Los Angeles.",
    ]
    assert one.origin == {"synthesizer_name": "multi_hop_specific_query_synthesizer"}
    assert one.lost == ("retrieved_contexts", "response")


def test_ragas_reads_lines_lists_and_the_cells_of_csv_alike() -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=[*SAMPLE])
    writer.writeheader()
    writer.writerow({name: str(value) for name, value in SAMPLE.items()})
    forms = (
        jsonl(SAMPLE, SAMPLE),
        json.dumps([SAMPLE, SAMPLE]),
        json.dumps({"samples": [SAMPLE]}),
        table.getvalue(),
    )

    said = {
        (one.question, one.reference, one.quotes)
        for form in forms
        for one in rows("ragas", form)
        if isinstance(one, Row)
    }

    assert len(said) == 1
    assert [len(rows("ragas", form)) for form in forms] == [2, 2, 1, 1]


def test_ragas_conversations_become_a_question_with_its_history() -> None:
    talk = [
        {"content": "Hello", "type": "human", "metadata": None},
        {"content": "Hello.", "type": "ai", "tool_calls": []},
        {"content": "How long?", "type": "human"},
        {"content": "Ten.", "type": "ai"},
    ]

    one = row("ragas", jsonl({"user_input": talk, "reference": "Ten."}))

    assert one.question == "How long?" and one.lost == ("answers to the last question",)
    assert one.history == (Message(role="user", content="Hello"), Message(role="assistant", content="Hello."))
    tool = [*talk, {"content": "7", "type": "tool"}]
    assert "a message of it is by 'tool'" in reason("ragas", jsonl({"user_input": tool, "reference": "Ten."}))


def test_ragas_of_older_versions_is_known() -> None:
    one = row("ragas", jsonl({"question": "How long?", "ground_truths": ["Ten.", "10."], "contexts": ["x"]}))

    assert (one.question, one.reference) == ("How long?", "Ten.")
    assert one.lost == ("references beside the first", "contexts")


def test_ragas_lines_that_cannot_be_read_are_left_out_one_by_one() -> None:
    found = rows("ragas", jsonl(SAMPLE) + "{\n[1]\n" + '{"user_input": "x", "reference": NaN}\n')

    assert [type(one) for one in found] == [Row, LeftOut, LeftOut, LeftOut]
    assert [one.place for one in found] == ["line 1", "line 2", "line 3", "line 4"]
    assert "no column 'user_input' or 'question'" in refusal("ragas", "a,b\n1,2\n")
    assert "this is no file of ragas" in refusal("ragas", "{")


@pytest.mark.parametrize("form", READERS)
@given(content=st.binary(max_size=60) | st.text(alphabet='{}[]",:;\n ain012', max_size=60).map(str.encode))
def test_whatever_the_bytes_are_there_are_rows_or_a_refusal(form: str, content: bytes) -> None:
    try:
        found = rows(form, content)
    except InputError:
        return
    assert all(isinstance(one, Row | LeftOut) and one.place for one in found)


def test_the_real_files_of_the_folder_are_read_whole() -> None:
    folder = Path(__file__).parent / "exports"
    counts = {
        file.name: len(rows(file.name.split(".")[0], file.read_bytes())) for file in sorted(folder.iterdir())
    }

    assert counts == {"csv.csv": 3, "langfuse.json": 3, "promptfoo.yaml": 3, "ragas.jsonl": 3}
