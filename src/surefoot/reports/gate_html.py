"""A gate's verdict as one HTML page that needs nothing but itself.

Everything is escaped by the templates, and the page's own policy lets a browser run and load only the style
and the script whose digests it names: a text that got through would still do nothing.
"""

import base64
import hashlib
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from surefoot.answering.citing import cited_numbers
from surefoot.records import Responded, Response, RuleResult
from surefoot.reports import gate_words as words
from surefoot.reports.gate_report import BrokenCase, GateReport, broken_cases, gained_cases, unscored_counts
from surefoot.reports.interval_svg import draw_axis, draw_interval
from surefoot.reports.intervals import intervals
from surefoot.reports.marks import pieces
from surefoot.reports.printable import one_line, printable

_MOST_BROKEN = 50
_MOST_GAINED = 20


def gate_html(report: GateReport) -> bytes:
    """The page, in UTF-8: verdict, intervals, cases with both answers, the prompt's diff, the pins."""
    environment = _environment()
    style, script = (_source(environment, name) for name in ("gate.css", "gate.js"))
    verdict = report.receipt.verdict
    rules = list(zip(verdict.rules, intervals(verdict), strict=True))
    broken, gained = broken_cases(report), gained_cases(report)
    text = environment.get_template("gate.html").render(
        report=report,
        verdict=verdict,
        founding=verdict.kind == "founding",
        style=style,
        script=script,
        policy=_policy(style, script),
        sections=[
            ("Blocking rules", [row for row in rules if row[0].rule.blocking]),
            ("Advisory rules", [row for row in rules if not row[0].rule.blocking]),
        ],
        broken=broken[:_MOST_BROKEN],
        broken_count=len(broken),
        gained=gained[:_MOST_GAINED],
        gained_count=len(gained),
        unscored=unscored_counts(report),
        places={result.rule.metric: place for place, result in enumerate(verdict.rules)},
    )
    return text.encode("utf-8", "replace")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("surefoot.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "answer": words.answer,
        "axis": draw_axis,
        "bounds": lambda result: _minus(words.bounds(result, signed=result.baseline is not None)),
        "cited": _cited,
        "counted": words.counted,
        "difference": lambda result: _minus(words.figure(result.difference, result, signed=True)),
        "figure": lambda value, result: _minus(words.figure(value, result)),
        "interval": lambda row: draw_interval(row[1], _said(row[0])),
        "kinds": _kinds,
        "lost": words.lost,
        "pieces": pieces,
        "score": words.score_figure,
        "sign": _sign,
    }
    environment.tests["responded"] = lambda response: isinstance(response, Responded)
    environment.globals |= {
        "commands": words.commands,
        "confidence": words.confidence,
        "facts": words.facts,
        "headline": words.headline,
        "size": words.size,
        "title_of_broken": words.title_of_broken,
    }
    return environment


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 - it is given one above
    return environment.loader.get_source(environment, name)[0].strip()


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hashed(style)}'; script-src '{_hashed(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashed(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shown(value: object) -> object:
    """What the template is about to write: text of others without control characters."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _minus(figure: str) -> str:
    return "–" if figure == "-" else figure.replace("-", "−")


def _said(result: RuleResult) -> str:
    founding = result.baseline is None
    name, value = ("mean", result.candidate) if founding else ("difference", result.difference)
    return (
        f"{one_line(result.rule.metric)}: {result.outcome}, {name} "
        f"{words.figure(value, result, signed=not founding)}, "
        f"bounds {words.bounds(result, signed=not founding)}"
    )


def _cited(response: Response | None) -> frozenset[int]:
    """The numbers of the passages that an answer cites."""
    return frozenset(cited_numbers(response.text)) if isinstance(response, Responded) else frozenset()


def _kinds(cases: Sequence[BrokenCase]) -> list[str]:
    return sorted({one.case.kind for one in cases})


def _sign(line: str) -> str:
    """The class of a line of a diff."""
    if line.startswith(("+++", "---", "@@")):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")
