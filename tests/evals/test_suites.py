"""Suites: read strictly, the same digest for the same rules, and a sample that stays."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.catalogue import METRICS
from surefoot.evals.sampling import stratified
from surefoot.evals.suites import Suite, load_suite
from surefoot.records import Case, CaseKind, Invariant, Rule

RULES = """
[[rules]]
metric = "abstains_rightly"
margin = 0.08
floor = 0.6

[[advisory]]
metric = "ragas_semantic_similarity"
margin = 0.05

[[invariants]]
metric = "finishes"
at_least = 1.0

[judged]
metrics = ["ragas_faithfulness"]
cases = 4
margin = 0.1
"""
HEAD = 'schema = 1\napp = "answers"\nconfidence = 0.95\nscored_at_least = 0.97\n'
TABLE = "\n[[rules]]\nmetric = 'finishes'\nmargin = 0.1\n"
KINDS: tuple[CaseKind, ...] = ("single", "single", "single", "several", "misleading", "unanswerable")


def write_suite(folder: Path, toml: str = HEAD + RULES, *, cases: int = 12, shuffle: int = 0) -> Path:
    """A suite with cases c00, c01 ... of every kind, in clusters of two."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.toml").write_text(toml)
    lines = []
    for number in range(cases):
        kind = KINDS[number % len(KINDS)]
        facts = {"unanswerable": 0, "several": 2}.get(kind, 1)
        case = {
            "id": f"c{number:02}",
            "kind": kind,
            "cluster": f"cluster {number // 2}",
            "question": f"What is {number}?",
            "reference": f"It is {number}.",
            "facts": [[{"source": "a.md", "quote": f"{number} {at}"}] for at in range(facts)],
        }
        lines.append(json.dumps(case) + "\n")
    random.Random(shuffle).shuffle(lines)
    (folder / "cases.jsonl").write_text("".join(lines if shuffle else sorted(lines)))
    return folder


def refusal(folder: Path, toml: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_suite(write_suite(folder, toml))
    assert str(folder / "suite.toml") in caught.value.message
    return caught.value


def test_a_suite_is_read_with_the_ranges_of_the_catalogue(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path / "answers"))

    assert (suite.name, suite.app, len(suite.cases)) == ("answers", "answers", 12)
    assert (suite.confidence, suite.scored_at_least) == (0.95, 0.97)
    assert suite.rules == (
        Rule(metric="abstains_rightly", blocking=True, margin=0.08, floor=0.6),
        Rule(metric="ragas_semantic_similarity", blocking=False, margin=0.05, lowest=-1.0),
        Rule(metric="ragas_faithfulness", blocking=False, margin=0.1, judged=True),
    )
    assert suite.invariants == (Invariant(metric="finishes", at_least=1.0),)


def test_a_score_is_expected_of_every_case_that_the_metric_applies_to(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path / "answers"))
    everything = tuple(case.id for case in suite.cases)
    answerable = tuple(case.id for case in suite.cases if case.answerable)

    assert suite.expected() == {
        "abstains_rightly": everything,
        "ragas_semantic_similarity": answerable,
        "ragas_faithfulness": suite.judged_sample,
        "finishes": everything,
    }
    assert suite.clusters()["c03"] == "cluster 1"


def test_confidence_and_the_rest_have_defaults(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path / "small", 'schema = 1\napp = "a"' + TABLE))

    assert (suite.confidence, suite.scored_at_least) == (0.95, 0.97)
    assert (suite.invariants, suite.judged_sample) == ((), ())


def test_invariants_may_stand_without_a_rule_but_something_must_decide(tmp_path: Path) -> None:
    held = HEAD + '[[invariants]]\nmetric = "finishes"\nat_least = 1.0\n'

    suite = load_suite(write_suite(tmp_path / "small", held))

    assert suite.rules == () and suite.invariants == (Invariant(metric="finishes", at_least=1.0),)
    assert "[[rules]]" in refusal(tmp_path / "none", HEAD).remedy


def test_a_judged_metric_may_be_written_as_blocking_so_that_the_gate_can_refuse_it(tmp_path: Path) -> None:
    toml = HEAD + '[[rules]]\nmetric = "ragas_faithfulness"\nmargin = 0.1\n'

    (rule,) = load_suite(write_suite(tmp_path / "answers", toml)).rules

    assert rule.blocking and rule.judged


def test_neither_comments_nor_order_nor_layout_change_the_digest(tmp_path: Path) -> None:
    one = load_suite(write_suite(tmp_path / "answers"))
    blocks = RULES.strip().split("\n\n")
    toml = "# why\n" + HEAD.replace("0.97", "0.970") + "\n# more\n\n" + "\n\n".join(reversed(blocks))
    other = load_suite(write_suite(tmp_path / "renamed", toml, shuffle=7))

    assert one.digest == other.digest
    assert one.judged_sample != () and sorted(one.judged_sample) == sorted(other.judged_sample)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("margin = 0.08", "margin = 0.09"),
        ("floor = 0.6", ""),
        ("cases = 4", "cases = 5"),
        ("at_least = 1.0", "at_least = 0.5"),
        ("confidence = 0.95", "confidence = 0.9"),
        ("scored_at_least = 0.97", "scored_at_least = 0.98"),
        ('app = "answers"', 'app = "other"'),
        ("[[advisory]]", "[[rules]]"),
        ("[judged]", '[cases]\nids = ["c00", "c01", "c02", "c03", "c04", "c05"]\n[judged]'),
    ],
)
def test_whatever_changes_an_outcome_changes_the_digest(tmp_path: Path, before: str, after: str) -> None:
    toml = HEAD + RULES
    assert before in toml
    one = load_suite(write_suite(tmp_path / "one", toml))
    other = load_suite(write_suite(tmp_path / "other", toml.replace(before, after)))

    assert one.digest != other.digest


def test_a_changed_case_changes_the_digest(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "answers")
    before = load_suite(folder).digest
    file = folder / "cases.jsonl"
    file.write_text(file.read_text().replace("It is 7.", "It is 8."))

    assert load_suite(folder).digest != before


def test_a_suite_may_take_stated_cases_of_another(tmp_path: Path) -> None:
    write_suite(tmp_path / "answers")
    demo = tmp_path / "demo"
    demo.mkdir()
    (demo / "suite.toml").write_text(HEAD + TABLE + '[cases]\nfrom = "answers"\nids = ["c05", "c01"]\n')

    assert [case.id for case in load_suite(demo).cases] == ["c01", "c05"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (HEAD, "rules is missing"),
        (HEAD + TABLE + "colour = 1\n", "there is no key 'rules[0].colour'"),
        ("colour = 1\n" + HEAD + TABLE, "there is no key 'colour'"),
        ("app = 'a'" + TABLE, "schema is None"),
        ("schema = 1\n" + TABLE, "app is missing"),
        (HEAD.replace("0.95", "95") + TABLE, "confidence is 95"),
        (HEAD + TABLE.replace("0.1", "0"), "margin is 0"),
        (HEAD + TABLE.replace("0.1", "-0.1"), "margin is -0.1"),
        (HEAD + TABLE.replace("0.1", "nan"), "margin is nan"),
        (HEAD + TABLE.replace("0.1", "1.5"), "margin is 1.5"),
        (HEAD + TABLE.replace("margin = 0.1", ""), "margin is missing"),
        (HEAD + TABLE + "floor = 2\n", "floor is 2"),
        (HEAD + TABLE + TABLE, "'finishes' stands 2 times in rules"),
        (HEAD + TABLE + TABLE.replace("rules", "advisory"), "'finishes' stands 2 times in rules"),
        (HEAD + TABLE + "[[invariants]]\nmetric = 'finishes'\nat_least = 2\n", "at_least is 2"),
        (HEAD + TABLE + "[[invariants]]\nmetric = 'finishes'\nat_least = 1\n" * 2, "2 times in invariants"),
        (
            HEAD + TABLE + "[[invariants]]\nmetric = 'ragas_faithfulness'\nat_least = 0\n",
            "'ragas_faithfulness'",
        ),
        (
            HEAD + TABLE + "[[advisory]]\nmetric = 'ragas_faithfulness'\nmargin = 0.1\n",
            "'ragas_faithfulness'",
        ),
        (
            HEAD + TABLE + "[judged]\nmetrics = ['answer_overlap']\ncases = 2\nmargin = 0.1\n",
            "'answer_overlap'",
        ),
        (HEAD + TABLE + "[judged]\nmetrics = []\ncases = 2\nmargin = 0.1\n", "judged.metrics is []"),
        (
            HEAD + TABLE + "[judged]\nmetrics = ['ragas_faithfulness']\ncases = 99\nmargin = 0.1\n",
            "cases is 99",
        ),
        (HEAD + TABLE + "[cases]\nids = ['c00', 'c99']\n", "cases.ids is 'c99'"),
        (HEAD + TABLE + "[cases]\nids = ['c00', 'c00']\n", "cases.ids is 'c00'"),
        (HEAD + TABLE + "[cases]\nids = []\n", "cases.ids is []"),
        (HEAD + TABLE + "[cases]\nfrom = '../secrets'\n", "cases.from is '../secrets'"),
        (HEAD + TABLE + "[cases]\nfrom = '..'\n", "cases.from is '..'"),
        (HEAD + TABLE + "[cases]\nfrom = 'nowhere'\n", "cases.from is 'nowhere'"),
    ],
)
def test_what_is_wrong_in_a_suite_is_named(tmp_path: Path, toml: str, said: str) -> None:
    assert said in refusal(tmp_path / "answers", toml).message


def test_an_unknown_metric_is_offered_those_near_it(tmp_path: Path) -> None:
    error = refusal(tmp_path / "answers", HEAD + TABLE.replace("finishes", "evidence_recal"))

    assert "rules[0].metric is 'evidence_recal'" in error.message
    assert "is 'evidence_recall' or" in error.remedy or "is 'evidence_recall' meant" in error.remedy


def test_a_suite_that_is_not_there_is_offered_those_that_are(tmp_path: Path) -> None:
    write_suite(tmp_path / "answers")

    with pytest.raises(NotFoundError, match="no suite 'answer'") as caught:
        load_suite(tmp_path / "answer")
    assert "answers" in caught.value.remedy


def kind_of(suite: Suite, name: str) -> str:
    return next(case.kind for case in suite.cases if case.id == name)


def test_the_judged_sample_has_every_kind_and_different_clusters(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path / "answers", cases=48))

    assert Counter(kind_of(suite, name) for name in suite.judged_sample) == {
        "single": 2,
        "several": 1,
        "misleading": 1,
    }
    assert len({suite.clusters()[name] for name in suite.judged_sample}) >= 3


def numbered(kinds: list[CaseKind]) -> list[Case]:
    facts = (fact(("a.md", "one")), fact(("a.md", "two")))
    return [
        case_of(*facts, id=f"c{number}", kind=kind, cluster=str(number % 3))
        for number, kind in enumerate(kinds)
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=40), st.integers(min_value=1), st.randoms())
def test_a_sample_is_fair_of_the_size_asked_for_and_the_same_in_any_order(
    kinds: list[CaseKind], wanted: int, luck: random.Random
) -> None:
    cases = numbered(kinds)
    count = 1 + wanted % len(cases)
    sample = stratified(cases, count)
    shuffled = luck.sample(cases, len(cases))

    assert len(set(sample)) == len(sample) == count
    assert set(stratified(shuffled, count)) == set(sample)
    chosen = Counter(case.kind for case in cases if case.id in sample)
    for kind, size in Counter(kinds).items():
        if count >= len(set(kinds)):
            assert chosen[kind] >= 1
        assert chosen[kind] <= size
        assert chosen[kind] <= count * size / len(cases) + 1


def test_clusters_take_turns_in_a_sample_however_large_one_of_them_is() -> None:
    sizes = {"large": 20, "middle": 3, "small": 1, "other": 1}
    cases = [
        case_of(fact(("a.md", "one")), id=f"{cluster}-{number}", cluster=cluster)
        for cluster, size in sizes.items()
        for number in range(size)
    ]

    assert {name.partition("-")[0] for name in stratified(cases, 4)} == set(sizes)


def test_every_metric_of_the_catalogue_can_stand_in_a_rule(tmp_path: Path) -> None:
    rules = "".join(f"[[rules]]\nmetric = {name!r}\nmargin = 0.1\n" for name in METRICS)

    assert len(load_suite(write_suite(tmp_path / "all", HEAD + rules)).rules) == len(METRICS)
