"""What a refresh found, as Markdown: which documents changed, what is suspicious in them, and the verdicts.

Names and texts of documents go through `inert`: the page is read in a pull request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from surefoot.records import Outcome, Passage
from surefoot.reports.gate_markdown import gate_markdown
from surefoot.reports.gate_report import GateReport
from surefoot.reports.inert_markdown import inert

MOST_NAMED = 50
SHOWN = 12
_GRAVITY: tuple[Outcome, ...] = ("PASS", "INCONCLUSIVE", "REFUSED", "FAIL")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """What differs from what serves: documents by name, skipped ones with reasons, suspicious passages.

    `compared` is False where the snapshot that serves is not on this machine: then every document is new.
    """

    app: str
    release: str
    serves: str
    compared: bool = True
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    suspicious: tuple[Passage, ...] = ()
    gates: tuple[GateReport, ...] = ()
    held_back: str = ""

    @property
    def outcome(self) -> Outcome:
        """Of the suites' verdicts the gravest."""
        return max((gate.receipt.verdict.outcome for gate in self.gates), key=_GRAVITY.index)

    @property
    def in_short(self) -> str:
        """What changed, as counts."""
        counts = (("added", self.added), ("changed", self.changed), ("removed", self.removed))
        said = ", ".join(f"{len(names)} {what}" for what, names in counts if names)
        return f"documents {said}" if said else "no document differs, the index is made otherwise"

    @property
    def poisoned(self) -> str:
        """Why nobody should promote it unseen; "" when no scan found anything that is new."""
        if not self.suspicious:
            return ""
        sources = sorted({passage.source for passage in self.suspicious})
        more = f" and {len(sources) - 3} more" if len(sources) > 3 else ""
        return (
            f"{len(self.suspicious)} new passages look like instructions to a model: in "
            f"{', '.join(sources[:3])}{more}"
        )


def refresh_markdown(report: RefreshReport) -> str:
    """The whole page."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: RefreshReport) -> Iterator[str]:
    yield f"# {inert(report.app)} over its documents as they are now"
    yield (
        f"Release `{report.release}`, to replace `{report.serves}`: {report.in_short}. Prompts, recipe, "
        f"code and model are those of what serves. Once merged: "
        f"`surefoot release promote {report.release[:SHOWN]}`."
    )
    if report.held_back:
        yield f"**Held back:** {inert(report.held_back, most=1_000)}"
    if not report.compared:
        yield "The snapshot that serves is not where this was made, so every document counts as new."
    for what, names in (
        ("Added", report.added),
        ("Changed", report.changed),
        ("Removed", report.removed),
        ("Not read", tuple(f"{name}: {reason}" for name, reason in report.skipped.items())),
        ("Suspicious", tuple(_suspicion(passage) for passage in report.suspicious)),
    ):
        if names:
            yield f"## {what}\n\n" + "\n".join(_listed(names))
    for gate in report.gates:
        yield gate_markdown(gate).rstrip()


def _suspicion(passage: Passage) -> str:
    return f"{passage.source}, characters {passage.start} to {passage.end}: {', '.join(passage.suspicions)}"


def _listed(names: Sequence[str]) -> Iterator[str]:
    yield from (f"- {inert(name)}" for name in names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        yield f"- and {len(names) - MOST_NAMED} more"
