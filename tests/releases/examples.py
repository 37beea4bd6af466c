"""Small releases, receipts and repositories, all of them whole unless a test changes them."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from surefoot.prompts import load_prompt
from surefoot.records import (
    Invariant,
    InvariantResult,
    Manifest,
    Rule,
    RuleResult,
    Scored,
    Scores,
    Verdict,
    canonical_json,
    digest_bytes,
)
from surefoot.releases import Receipt
from surefoot.retrieval import Recipe, load_recipe

PROJECT = Path(__file__).parents[2]
MODEL = "d" * 64
SUITE = "e" * 64
KEPT = "schema = 1\n# The usual.\n[search]\nlimit = 3\n"
PROMPT = """---
schema: 1
name: answer
model: {{alias: chat}}
input: {{question: text}}
budget: {{max_prompt_tokens: 500}}
suites: [answers]
---
{{% system %}}{words} {{% include "rules" %}}{{% endsystem %}}
{{% user %}}{{{{ question }}}}{{% enduser %}}
"""


def files_of(words: str) -> dict[str, bytes]:
    """The files of a release whose prompt says these words."""
    return {
        "prompts/answer.prompt.md": PROMPT.format(words=words).encode(),
        "prompts/_rules.md": b"Be brief.\n",
        "recipe.toml": KEPT.encode(),
    }


@cache
def recipe_kept() -> Recipe:
    """The recipe of every release here."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "recipe.toml"
        file.write_text(KEPT)
        return load_recipe(file)


@cache
def manifest_saying(words: str, app: str = "answers", model: str = MODEL) -> Manifest:
    """The manifest over those files."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prompts").mkdir()
        for file, content in files_of(words).items():
            (folder / file).write_bytes(content)
        prompt = load_prompt(folder / "prompts", "answer").digest
    return Manifest(
        app=app,
        pipeline="surefoot.answering/1",
        abstention="The documents do not say.",
        prompt_name="answer",
        prompt=prompt,
        recipe=recipe_kept().digest,
        snapshot="a" * 64,
        passages="b" * 64,
        embedder="c" * 64,
        model_alias="chat",
        model=model,
    )


def run_of(words: str) -> bytes:
    """Recorded responses of a release: the scores of its cases, as `recheck` of these tests reads them."""
    return b"".join(canonical_json({"case": f"case-{n}", "said": words}) + b"\n" for n in range(4))


def scores(value: float) -> Scores:
    """Four cases, each with this score."""
    return {
        "overlap": {f"case-{number}": Scored(value=value) for number in range(4)},
        "kept": {f"case-{number}": Scored(value=1.0) for number in range(4)},
    }


def rule_result(*, founding: bool = False) -> RuleResult:
    """A blocking rule that passes: 0.75 in every case, as in the baseline."""
    return RuleResult(
        rule=Rule(metric="overlap", blocking=True, margin=0.05, floor=0.5),
        outcome="PASS",
        reason="overlap is where it was.",
        cases=4,
        clusters=4,
        baseline=None if founding else 0.75,
        candidate=0.75,
        difference=None if founding else 0.0,
        lower=0.75 if founding else -0.01,
        upper=0.75 if founding else 0.01,
        discordant=0,
        unscored_baseline=0,
        unscored_candidate=0,
        detectable=None if founding else 0.02,
        worse=(),
    )


def verdict(*, founding: bool = False) -> Verdict:
    """PASS, by one rule and one invariant."""
    return Verdict(
        kind="founding" if founding else "comparison",
        outcome="PASS",
        reasons=("overlap is where it was.",),
        rules=(rule_result(founding=founding),),
        invariants=(
            InvariantResult(invariant=Invariant(metric="kept", at_least=1.0), broken=(), unscored=()),
        ),
        confidence=0.95,
    )


def receipt_for(manifest: Manifest, *, baseline: str | None, suite: str = "answers") -> Receipt:
    """A receipt that proves the release against the baseline, or founds it where there is none."""
    founding = baseline is None
    return Receipt(
        app=manifest.app,
        release=manifest.digest,
        baseline=baseline,
        baseline_app=None if founding else manifest.app,
        model=manifest.model,
        suite=suite,
        suite_digest=SUITE,
        instruments="surefoot.gate/1",
        content="8" * 64,
        revision="f" * 40,
        uncommitted=False,
        made_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        candidate_run=digest_bytes(run_of("candidate")),
        baseline_run=None if founding else digest_bytes(run_of("baseline")),
        candidate_scores=scores(0.75),
        baseline_scores=None if founding else scores(0.75),
        verdict=verdict(founding=founding),
    )
