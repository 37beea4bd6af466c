"""Render the pages: escaped everywhere, nothing loaded from elsewhere, one inline script under a nonce."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from surefoot.console.views import DocumentedRoute, Home
from surefoot.records import Answer, Passage, Score, Scored, Trace
from surefoot.reports.marks import pieces
from surefoot.traces import outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is sent. Its policy lets the browser run and load nothing but what it holds."""

    content: bytes
    nonce: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        policy = (
            "default-src 'none'; "
            f"script-src 'nonce-{self.nonce}'; style-src 'nonce-{self.nonce}'; img-src data:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            # Not no-referrer: that would make the page's own form say Origin: null.
            "referrer-policy": "same-origin",
            "cache-control": "no-store",
        }


class Pages:
    """Every page."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("surefoot.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "pieces": pieces,
            "seconds": seconds,
            "score": score,
            "figure": figure,
            "share": share,
            "measured_seconds": measured_seconds,
            "moment": moment,
            "outline": outline,
        }
        self._templates.tests["answer"] = lambda outcome: isinstance(outcome, Answer)

    def home(self, view: Home) -> Page:
        """Ask a question; see what was answered lately, and how well."""
        return self._render("home.html", view=view)

    def trace(self, trace: Trace) -> Page:
        """One request from its question to its scores."""
        return self._render("trace.html", trace=trace)

    def passage(self, app: str, passage: Passage) -> Page:
        """One passage of an app's documents."""
        return self._render("passage.html", app=app, passage=passage)

    def problem(self, status: int, message: str, remedy: str) -> Page:
        """What went wrong, and what to do."""
        return self._render("problem.html", status=status, message=message, remedy=remedy)

    def documentation(self, routes: tuple[DocumentedRoute, ...]) -> Page:
        """The API, described."""
        return self._render("documentation.html", routes=routes)

    def _render(self, template: str, **values: object) -> Page:
        nonce = secrets.token_urlsafe(16)
        text = self._templates.get_template(template).render(values, nonce=nonce)
        return Page(content=text.encode("utf-8", "replace"), nonce=nonce)


def seconds(value: float | None) -> str:
    """Seconds as a person reads them; a dash for what was not measured."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def measured_seconds(value: Score) -> str:
    """Seconds that may not have been measured."""
    return seconds(value.value if isinstance(value, Scored) else None)


def share(value: Score) -> str:
    """A share in percent."""
    return f"{value.value:.0%}" if isinstance(value, Scored) else "–"


def figure(value: Score) -> str:
    """A number, with two decimals where they matter; a dash for what was not measured."""
    if not isinstance(value, Scored):
        return "–"
    return f"{value.value:.2f}" if abs(value.value) < 100 else f"{value.value:.0f}"


def score(value: Score) -> str:
    """A score, or why there is none."""
    return figure(value) if isinstance(value, Scored) else f"not measured: {value.reason}"


def moment(value: datetime) -> str:
    """A moment in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
