"""The commands around the gate, as processes: founded, refused, proven, promoted, taken back, and forged."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.gauges import GAUGES, SPOILT, commit, gauge_project, git, reword
from tests.cli.trial_project import REPOSITORY, Trial

from surefoot.records import Scored, canonical_json, digest_bytes
from surefoot.releases.deployment import receipts_of
from surefoot.releases.receipts import write_receipt

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The project with its first release in production."""
    with gauge_project(tmp_path_factory.mktemp("gauges") / "project") as trial:
        assert "PASS" in trial.said("gate", "run", "--against", "founding")
        trial.said("release", "promote")
        yield trial


def production(trial: Trial) -> tuple[str, str]:
    """The release and the receipt that the channel names."""
    channel = (trial.top / "serving/channels/answers/production.toml").read_text()
    release, receipt = re.findall(r'^(?:release|receipt) = "(\w+)"$', channel, re.MULTILINE)
    return release, receipt


def receipt_file(trial: Trial) -> Path:
    release, receipt = production(trial)
    return trial.top / "serving" / "releases" / release / "receipts" / f"{receipt}.json"


def test_nothing_is_compared_with_before_something_was_founded(tmp_path: Path) -> None:
    with gauge_project(tmp_path / "project") as trial:
        code, words = trial.refused("gate", "run")

    assert code == 4
    assert "--against founding" in words


def test_the_first_release_is_founded_by_floors_and_committed(founded: Trial) -> None:
    receipt = json.loads(receipt_file(founded).read_bytes())

    assert receipt["verdict"]["kind"] == "founding"
    assert receipt["baseline"] is None
    assert git(founded.top, "status", "--porcelain") == ""
    changed = git(founded.top, "log", "-1", "--name-only", "--format=").split()
    assert any(name.endswith("manifest.json") for name in changed)
    assert "serving/channels/answers/production.toml" in changed


def test_nothing_is_founded_twice(founded: Trial) -> None:
    assert founded.refused("gate", "run", "--against", "founding")[0] == 4


def test_production_against_itself_passes_and_is_asked_anew(founded: Trial) -> None:
    asked = len(founded.chat.requests)

    words = founded.said("gate", "run")

    assert "PASS" in words
    again = [seen for seen in founded.chat.requests[asked:] if seen.path.endswith("/chat/completions")]
    assert len(again) >= len(GAUGES), "the noise of the gate is measured by asking once more"


def test_an_edit_that_spoils_answers_fails_and_is_not_promoted(founded: Trial) -> None:
    before = production(founded)
    reword(founded.top, SPOILT)
    try:
        done = founded.run("gate", "run")
        code, _ = founded.refused("release", "promote")
    finally:
        git(founded.top, "revert", "--no-edit", "HEAD")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL" in done.stdout
    assert "gauge-" in done.stdout, "the reasons name cases"
    assert "About a thousand" in done.stdout, "and the answers stand side by side"
    assert code == 4
    assert production(founded) == before


def test_a_plan_is_made_of_what_a_gate_measured(founded: Trial) -> None:
    before = json.loads(founded.run("eval", "plan", "--json").stdout)["rules"]
    (founding,) = receipts_of([founded.top / "serving" / "releases" / production(founded)[0]])
    scores, metric = founding.receipt.candidate_scores, before[0]["metric"]
    halved = {
        case: Scored(value=0.5) if number % 2 else score
        for number, (case, score) in enumerate(scores[metric].items())
    }
    scattered = replace(
        founding.receipt,
        baseline="ab" * 32,
        baseline_app="answers",
        baseline_scores=scores,
        candidate_scores={**scores, metric: halved},
    )
    written = founding.folder / "receipts" / f"{write_receipt(founding.folder, scattered)}.json"
    try:
        plan = founded.run("eval", "plan")
        first, *others = json.loads(founded.run("eval", "plan", "--json").stdout)["rules"]
    finally:
        written.unlink()

    assert before[0]["receipt"] is None and before[0]["differing_assumed"] == 0.15
    assert f"receipt {first['receipt'][:12]}" in plan.stdout
    assert first["smallest_margin"] != before[0]["smallest_margin"]
    assert others == before[1:]
    assert plan.returncode == (0 if first["testable"] else 4), plan.stderr
    assert ("cannot test the margin" in plan.stderr) == (not first["testable"])


def test_a_harmless_edit_is_promoted_and_taken_back(founded: Trial) -> None:
    first, _ = production(founded)
    reword(founded.top, "- Be brief.")
    assert "PASS" in founded.said("gate", "run")
    founded.said("release", "promote")
    second, _ = production(founded)
    assert second != first

    founded.said("release", "rollback", "--reason", "a test")

    assert production(founded)[0] == first
    assert git(founded.top, "status", "--porcelain") == ""


def test_another_app_is_compared_on_the_same_cases_and_promotes_nothing(founded: Trial) -> None:
    app = (founded.top / "serving/apps/answers.toml").read_text()
    (founded.top / "serving/apps/others.toml").write_text(app.replace("do not say", "are silent"))
    suite = founded.top / "evals" / "others"
    shutil.copytree(founded.top / "evals" / "gauges", suite)
    (suite / "suite.toml").write_text((suite / "suite.toml").read_text().replace('"answers"', '"others"'))
    commit(founded.top, "Another app")
    try:
        gate = ("gate", "run", "--app", "others", "--suite", "others", "--against")
        words = founded.said(*gate, "answers")
        code, _ = founded.refused("release", "promote", "--app", "others")
        unknown, offered = founded.refused(*gate, "nobody")
    finally:
        git(founded.top, "revert", "--no-edit", "HEAD")

    assert "answers no worse than answers" in words
    assert "nothing is promoted by this" in " ".join(words.replace("│", " ").split())
    assert code == 4
    assert (unknown, "production, founding, answers" in offered) == (2, True)


def test_the_reports_stand_where_the_command_says(founded: Trial) -> None:
    words = founded.said("gate", "run")

    named = re.search(r"^reports (\S+)\.\{([a-z,]+)\}$", words, re.MULTILINE)
    assert named is not None
    files = {ending: Path(f"{named[1]}.{ending}").read_text() for ending in named[2].split(",")}
    assert set(files) == {"txt", "md", "xml", "json", "html"}
    assert all(production(founded)[0][:12] in text for text in files.values())


def test_a_receipt_is_computed_again_from_its_recorded_responses(founded: Trial) -> None:
    assert "holds" in founded.said("gate", "verify", production(founded)[1])


@pytest.mark.parametrize("forgery", ["edited", "renamed", "scores", "missing", "responses"])
def test_a_forged_receipt_is_refused(founded: Trial, forgery: str) -> None:
    file = receipt_file(founded)
    receipt = json.loads(file.read_bytes())
    run = file.parents[1] / "runs" / f"{receipt['candidate_run']}.jsonl"
    beside = founded.state / "releases" / file.parents[1].name / "runs" / run.name
    kept = {path: path.read_bytes() for path in (file, run, beside)}
    named = file.stem
    try:
        if forgery == "edited":
            file.write_bytes(kept[file].replace(b'"gauges"', b'"grudges"'))
        elif forgery == "missing":
            run.unlink()
            beside.unlink()
        elif forgery == "responses":
            run.write_bytes(kept[run].replace(b" bar", b" mbar"))
        else:
            key = "answer_overlap" if forgery == "scores" else "citations_valid"
            receipt["candidate_scores"][key]["gauge-3"]["value"] = 0.25
            content = canonical_json(receipt)
            named = digest_bytes(content)
            (file.parent / f"{named}.json").write_bytes(content)
        code, words = founded.refused("gate", "verify", named)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        if named != file.stem:
            (file.parent / f"{named}.json").unlink()

    assert code == 4, words


def test_a_release_without_all_its_answers_is_refused(founded: Trial) -> None:
    reword(founded.top, "- Answer kindly.")
    founded.chat.answer, kept = (lambda messages: ""), founded.chat.answer
    try:
        done = founded.run("gate", "run")
    finally:
        founded.chat.answer = kept
        git(founded.top, "revert", "--no-edit", "HEAD")

    assert done.returncode in (1, 4), "an answer that is empty is no answer"


def test_an_evaluation_prints_means_and_compares_with_nothing(founded: Trial) -> None:
    said = json.loads(founded.said("eval", "run", "--json"))

    assert said["metrics"]["evidence_recall"]["mean"] == 1.0
    assert said["metrics"]["finishes"]["cases"] == len(GAUGES)


def test_an_unknown_suite_release_or_app_is_named(founded: Trial) -> None:
    for words in (
        ("--suite", "grudges"),
        ("--release", "abcdef123456"),
        ("--app", "nobody"),
        ("--against", "yesterday"),
    ):
        code, told = founded.refused("gate", "run", *words)
        assert code == 2
        assert words[1] in told


def test_a_judge_that_always_fails_is_reported_and_decides_nothing(founded: Trial) -> None:
    suite = founded.top / "evals" / "judged"
    suite.mkdir()
    lock = founded.top / "evals" / "ragas.lock"
    shutil.copyfile(REPOSITORY / "evals" / "ragas.lock", lock)
    rules = (founded.top / "evals/gauges/suite.toml").read_text()
    (suite / "suite.toml").write_text(
        f'{rules}\n[cases]\nfrom = "gauges"\n'
        '[judged]\nmetrics = ["ragas_faithfulness"]\ncases = 2\nmargin = 0.2\n'
    )
    trial = founded.told({"SUREFOOT_FOLDERS_CACHE": str(Path.home() / ".cache" / "surefoot")})
    try:
        words = trial.said("gate", "run", "--suite", "judged")
    finally:
        shutil.rmtree(suite)
        lock.unlink()

    assert "PASS" in words, "the judge only advises"
    assert re.search(r"ragas_faithfulness[^\n]*\n?[^\n]*(REFUSED|unscored|not measured)", words), words


def test_where_keys_are_listed_only_a_signed_receipt_promotes(tmp_path: Path) -> None:
    with gauge_project(tmp_path / "project") as trial:
        line = trial.said("release", "key", "ci").strip().splitlines()[-1]
        trust = tmp_path / "trust.toml"
        trust.write_text(f"schema = 1\n[keys]\n{line}\n")
        trusting = trial.told({"SUREFOOT_TRUST_FILE": str(trust)})
        trial.said("gate", "run", "--against", "founding")
        code, words = trusting.refused("release", "promote")
        key = trial.state / "signing" / "ci.key"
        trial.said("gate", "run", "--against", "founding", "--signing-key", str(key))
        trusting.said("release", "promote")
        assert "PASS" in trusting.said("gate", "verify", production(trial)[1])

    assert code == 4
    assert "signature" in words
