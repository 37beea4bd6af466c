"""A question with what is known about its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.records.messages import Message

CaseKind = Literal["single", "several", "misleading", "unanswerable"]
CaseStatus = Literal["accepted", "proposed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Verbatim text of a document. `source` is the document's name as passages carry it."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing the answer rests on. Each of `places` states it, so any one of them is enough."""

    places: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question, its reference answer, and the facts the answer needs: none when it is unanswerable.

    `kind` says what makes it hard: one passage answers it, several are needed together, a superseded or
    look-alike passage misleads, or the documents are silent. `cluster` groups cases whose outcomes hang
    together, such as those about one document: statistics count clusters, not cases. `groups` are those of
    the reader who asks: documents that are kept to them are found too. `planted` is the text of a hostile
    passage that is shown with those that are found; it asks for the word `{canary}`.

    `split` names the part that the case belongs to, such as calibration or test; "" where there are none.
    `provenance` says where it came from. A proposed case takes no part in runs and gates, and may have no
    facts yet.
    """

    id: str
    kind: CaseKind
    cluster: str
    question: str
    reference: str
    facts: tuple[Fact, ...]
    tags: tuple[str, ...] = ()
    history: tuple[Message, ...] = ()
    groups: tuple[str, ...] = ()
    planted: str = ""
    split: str = ""
    provenance: str | Mapping[str, str] = ""
    status: CaseStatus = "accepted"

    @property
    def accepted(self) -> bool:
        """Whether it takes part in runs and gates."""
        return self.status == "accepted"

    @property
    def answerable(self) -> bool:
        """Whether the documents hold the answer."""
        return self.kind != "unanswerable"
