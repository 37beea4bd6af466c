"""A receipt proves what it says about one release, and nothing that was edited or is another's."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.releases.examples import manifest_saying, receipt_for, rule_result, scores, verdict

from surefoot.errors import NotFoundError, RefusedError, SettingsError
from surefoot.records import (
    Invariant,
    InvariantResult,
    Manifest,
    Outcome,
    Rule,
    RuleResult,
    Score,
    Scored,
    Unscored,
    Verdict,
    canonical_json,
    digest_bytes,
)
from surefoot.releases import (
    Receipt,
    Signatures,
    check_proof,
    list_receipts,
    read_receipt,
    write_receipt,
)

MANIFEST = manifest_saying("One.")
RECEIPT = receipt_for(MANIFEST, baseline="1" * 64)
FOUNDING = receipt_for(MANIFEST, baseline=None)
UNSIGNED = Signatures(keys={})


def judged(receipt: Receipt, result: RuleResult) -> Receipt:
    """The same receipt with another result of its rule."""
    return replace(receipt, verdict=replace(receipt.verdict, rules=(result,)))


def why_not(receipt: Receipt, manifest: Manifest = MANIFEST) -> str:
    with pytest.raises(RefusedError) as refused:
        check_proof(manifest, receipt, signatures=UNSIGNED)
    assert refused.value.remedy and receipt.digest in refused.value.message
    return refused.value.message


@pytest.mark.parametrize("receipt", [RECEIPT, FOUNDING], ids=["comparison", "founding"])
def test_a_receipt_is_read_as_it_was_written_and_proves_its_release(tmp_path: Path, receipt: Receipt) -> None:
    digest = write_receipt(tmp_path, receipt)

    assert digest == receipt.digest
    assert read_receipt(tmp_path, digest) == receipt
    assert list_receipts(tmp_path) == (digest,)
    check_proof(MANIFEST, receipt, signatures=UNSIGNED)


def test_a_score_written_as_a_whole_number_is_the_same_score(tmp_path: Path) -> None:
    whole = replace(RECEIPT, candidate_scores={"overlap": {"a": Scored(value=1)}})
    fraction = replace(RECEIPT, candidate_scores={"overlap": {"a": Scored(value=1.0)}})

    assert whole.digest == fraction.digest
    assert read_receipt(tmp_path, write_receipt(tmp_path, whole)).digest == whole.digest


def test_a_receipt_with_an_edited_byte_is_refused(tmp_path: Path) -> None:
    failed = replace(RECEIPT, verdict=replace(RECEIPT.verdict, outcome="FAIL"))
    digest = write_receipt(tmp_path, failed)
    file = tmp_path / "receipts" / f"{digest}.json"
    file.write_bytes(file.read_bytes().replace(b'"FAIL"', b'"PASS"'))

    with pytest.raises(RefusedError, match="not the one in its name"):
        read_receipt(tmp_path, digest)


def named(folder: Path, content: bytes) -> str:
    digest = digest_bytes(content)
    (folder / "receipts").mkdir()
    (folder / "receipts" / f"{digest}.json").write_bytes(content)
    return digest


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: value.update(schema=1),
        lambda value: value.update(more=1),
        lambda value: value.pop("model"),
        lambda value: value.update(uncommitted=0),
        lambda value: value.update(made_at="yesterday"),
        lambda value: value["verdict"].update(outcome="PERFECT"),
        lambda value: value["verdict"].update(more=1),
        lambda value: value["candidate_scores"]["overlap"].update(x={"value": "1"}),
        lambda value: value["candidate_scores"]["overlap"].update(x={"value": 1.0, "reason": "?"}),
        lambda value: value["candidate_scores"]["overlap"].update(x=None),
        lambda value: value["candidate_scores"]["overlap"].update(x={"value": 10**400}),
    ],
)
def test_what_is_not_a_receipt_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, object]], object]
) -> None:
    value = json.loads(RECEIPT.canonical())
    edit(value)

    with pytest.raises((RefusedError, SettingsError)):
        read_receipt(tmp_path, named(tmp_path, canonical_json(value)))


@pytest.mark.parametrize(
    "content", [b"", b"[" * 90_000, b"NaN", b"{}", RECEIPT.canonical() + b" ", b'{"schema":1}']
)
def test_what_is_not_even_canonical_json_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises((RefusedError, SettingsError)):
        read_receipt(tmp_path, named(tmp_path, content))


@pytest.mark.parametrize("name", ["../manifest", "x", "0" * 64])
def test_a_receipt_that_is_not_there_offers_those_that_are(tmp_path: Path, name: str) -> None:
    digest = write_receipt(tmp_path, RECEIPT)

    with pytest.raises(NotFoundError) as missing:
        read_receipt(tmp_path, name)

    assert digest in missing.value.remedy


def test_a_receipt_of_another_release_proves_nothing() -> None:
    assert "it is about the release" in why_not(receipt_for(manifest_saying("Two."), baseline=None))


def test_a_receipt_of_another_app_proves_nothing() -> None:
    assert "it is about the app 'support'" in why_not(replace(RECEIPT, app="support"))


def test_a_receipt_earned_with_another_model_never_counts() -> None:
    assert "a receipt earned with another model identity never counts" in why_not(
        replace(RECEIPT, model="9" * 64)
    )


def test_a_release_compared_with_itself_proves_nothing() -> None:
    assert "compares the release with itself" in why_not(replace(RECEIPT, baseline=RECEIPT.release))


@pytest.mark.parametrize("outcome", ["FAIL", "INCONCLUSIVE", "REFUSED"])
def test_only_pass_is_a_proof(outcome: Outcome) -> None:
    said = why_not(replace(RECEIPT, verdict=replace(RECEIPT.verdict, outcome=outcome)))

    assert f"its verdict is {outcome}. overlap is where it was." in said


def with_invariant(*, broken: tuple[str, ...] = (), unscored: tuple[str, ...] = ()) -> Verdict:
    held = InvariantResult(invariant=Invariant(metric="kept", at_least=1.0), broken=broken, unscored=unscored)
    return replace(verdict(), invariants=(held,))


def with_score(metric: str, case: str, score: Score) -> Receipt:
    before = RECEIPT.candidate_scores
    return replace(RECEIPT, candidate_scores={**before, metric: {**before[metric], case: score}})


RESULT = rule_result()
CONTRADICTIONS = {
    "a blocking rule failed": judged(RECEIPT, replace(RESULT, outcome="FAIL")),
    "a blocking rule was not decided": judged(RECEIPT, replace(RESULT, outcome="INCONCLUSIVE")),
    "a bound beyond the margin": judged(RECEIPT, replace(RESULT, lower=-0.05)),
    "no bound": judged(RECEIPT, replace(RESULT, lower=None)),
    "no case": judged(RECEIPT, replace(RESULT, cases=0)),
    "no mean": judged(RECEIPT, replace(RESULT, candidate=None)),
    "an edited mean": judged(RECEIPT, replace(RESULT, candidate=0.8)),
    "an edited mean of the baseline": judged(RECEIPT, replace(RESULT, baseline=0.7)),
    "cases that were never scored": judged(RECEIPT, replace(RESULT, cases=9)),
    "a judge that blocks": judged(RECEIPT, replace(RESULT, rule=replace(RESULT.rule, judged=True))),
    "neither a rule nor an invariant": replace(
        RECEIPT, verdict=replace(RECEIPT.verdict, rules=(), invariants=())
    ),
    "neither a blocking rule nor an invariant": replace(
        RECEIPT,
        verdict=replace(
            RECEIPT.verdict,
            rules=(replace(RESULT, rule=replace(RESULT.rule, blocking=False)),),
            invariants=(),
        ),
    ),
    "no confidence": replace(RECEIPT, verdict=replace(RECEIPT.verdict, confidence=0.0)),
    "a broken invariant": replace(RECEIPT, verdict=with_invariant(broken=("case-1",))),
    "an invariant not measured": replace(RECEIPT, verdict=with_invariant(unscored=("case-1",))),
    "an invariant that no case was scored by": replace(
        RECEIPT, verdict=replace(with_invariant(), rules=()), candidate_scores={}
    ),
    "an edited score of an invariant": with_score("kept", "case-1", Scored(value=0.0)),
    "an invariant's score taken away": with_score("kept", "case-1", Unscored(reason="?")),
    "edited scores": replace(RECEIPT, candidate_scores={**scores(0.9)}),
    "edited scores of the baseline": replace(RECEIPT, baseline_scores=scores(0.5)),
    "scores taken away": replace(RECEIPT, candidate_scores={}),
    "a comparison without a baseline": replace(RECEIPT, baseline=None),
    "a comparison without a baseline's run": replace(RECEIPT, baseline_run=None),
    "a comparison without a baseline's scores": replace(RECEIPT, baseline_scores=None),
    "a founding receipt with a baseline": replace(FOUNDING, baseline="1" * 64),
    "a founding mean below its floor": judged(
        FOUNDING, replace(rule_result(founding=True), rule=replace(RESULT.rule, floor=0.8))
    ),
}


@pytest.mark.parametrize("receipt", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_receipt_that_contradicts_itself_proves_nothing(receipt: Receipt) -> None:
    assert "it contradicts itself" in why_not(receipt)


def test_invariants_alone_are_a_proof() -> None:
    kept: dict[str, Score] = {"case-1": Scored(value=1.0)}
    scored = {**RECEIPT.candidate_scores, "kept": kept}
    verdict_by_them = replace(with_invariant(), rules=())

    check_proof(
        MANIFEST, replace(RECEIPT, verdict=verdict_by_them, candidate_scores=scored), signatures=UNSIGNED
    )


def test_an_advisory_rule_that_fails_changes_nothing() -> None:
    advisory = replace(RESULT, outcome="FAIL", rule=replace(RESULT.rule, metric="tone", blocking=False))
    receipt = replace(RECEIPT, verdict=replace(RECEIPT.verdict, rules=(RESULT, advisory)))

    check_proof(MANIFEST, receipt, signatures=UNSIGNED)


VALUES = st.lists(
    st.one_of(
        st.floats(-2, 6).map(lambda value: Scored(value=value)),
        st.just(Unscored(reason="it raised")),
    ),
    min_size=1,
    max_size=20,
)


@given(measured=VALUES, lower_is_better=st.booleans(), edit=st.floats(-1, 1))
def test_a_mean_is_believed_only_where_the_scores_have_it(
    measured: list[Score], lower_is_better: bool, edit: float
) -> None:
    worst = 6.0 if lower_is_better else -2.0
    bounded = [score.value if isinstance(score, Scored) else worst for score in measured]
    mean = sum(bounded) / len(bounded)
    rule = Rule(
        metric="m", blocking=True, margin=0.5, lowest=-2.0, highest=6.0, lower_is_better=lower_is_better
    )
    result = replace(rule_result(founding=True), rule=rule, cases=len(measured), candidate=mean + edit)
    there = {f"case-{number}": score for number, score in enumerate(measured)}
    receipt = replace(
        FOUNDING,
        candidate_scores={"m": there},
        verdict=replace(FOUNDING.verdict, rules=(result,), invariants=()),
    )

    if abs(edit) < 1e-6:
        check_proof(MANIFEST, receipt, signatures=UNSIGNED)
    elif abs(edit) > 1e-5:
        assert "the mean of m is" in why_not(receipt)


def test_checking_a_proof_loads_nothing_heavy() -> None:
    import subprocess

    script = (
        "import sys, surefoot.releases\n"
        "heavy = {'scipy', 'statsmodels', 'numpy', 'cryptography', 'aiohttp', 'typer'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
