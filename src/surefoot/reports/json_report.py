"""Summaries and traces as canonical JSON, for programs: sorted keys, no spaces, UTF-8.

A score is `{"value": 0.5}` or `{"unscored": "why"}`; moments are ISO 8601; times are seconds.
"""

import math
from collections.abc import Mapping, Sequence

from surefoot.records import Json, Score, Scored, Trace, canonical_json
from surefoot.records.encoding import plain
from surefoot.traces import Quantiles, ReleaseSummary, Summary, outline


def summary_json(summary: Summary) -> bytes:
    """The summary, in the words of `surefoot report`."""
    return canonical_json(
        {
            "schema": 1,
            "since": summary.since.isoformat(),
            "until": summary.until.isoformat(),
            "releases": [_release(release) for release in summary.releases],
        }
    )


def trace_json(trace: Trace) -> bytes:
    """One whole trace, with how it ended said in a word; its scores by name."""
    short = outline(trace)
    return canonical_json(
        {
            "schema": 1,
            "ending": short.ending,
            "output_tokens_per_second": short.output_tokens_per_second,
            "scores": sayable({name: score_json(score) for name, score in short.scores.items()}),
            "trace": sayable(plain(trace)),
        }
    )


def _release(release: ReleaseSummary) -> Json:
    return {
        "app": release.app,
        "release": release.release,
        "prompt": {"name": release.prompt_name, "digest": release.prompt},
        "requests": release.requests,
        "answered": release.answered,
        "abstained": release.abstained,
        "failed": release.failed,
        "failures": dict(release.failures),
        "error_rate": score_json(release.error_rate),
        "first_token_seconds": _quantiles(release.first_token_seconds),
        "total_seconds": _quantiles(release.total_seconds),
        "output_tokens_per_second": _quantiles(release.output_tokens_per_second),
        "scores": {
            score.name: {
                "mean": score_json(score.mean),
                "scored": score.scored,
                "unscored": dict(score.unscored),
            }
            for score in release.scores
        },
        "feedback": {"up": release.rated_up, "down": release.rated_down},
    }


def _quantiles(quantiles: Quantiles) -> Json:
    return {
        "measured": quantiles.measured,
        "unmeasured": quantiles.unmeasured,
        "p50": score_json(quantiles.p50),
        "p95": score_json(quantiles.p95),
    }


def score_json(score: Score) -> Json:
    """A value, or why there is none."""
    return {"value": score.value} if isinstance(score, Scored) else {"unscored": score.reason}


def sayable(value: Json) -> Json:
    """The same, with what JSON or UTF-8 cannot say put in words: "nan", U+FFFD for lone surrogates."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {_text(name): sayable(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [sayable(item) for item in value]
    return value


def _text(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
