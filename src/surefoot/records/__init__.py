"""The values every room speaks: frozen, keyword-only, without behaviour of their own."""

from surefoot.records.answers import Answer, Citation, Pins, Step, Support, Timings
from surefoot.records.cases import Case, CaseKind, CaseStatus, Evidence, Fact
from surefoot.records.digest import Json, canonical_json, digest, digest_bytes
from surefoot.records.messages import (
    Completion,
    Message,
    Role,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    Usage,
)
from surefoot.records.passages import EVERYBODY, Passage, RankedPassage, Reach
from surefoot.records.releases import Manifest, PinnedPrompt
from surefoot.records.responses import NoResponse, Responded, Response
from surefoot.records.scores import Score, Scored, Unscored
from surefoot.records.traces import Failure, Feedback, Rating, Trace
from surefoot.records.verdicts import (
    Invariant,
    InvariantResult,
    Outcome,
    Rule,
    RuleResult,
    Scores,
    Verdict,
    VerdictKind,
)

__all__ = [
    "EVERYBODY",
    "Answer",
    "Case",
    "CaseKind",
    "CaseStatus",
    "Citation",
    "Completion",
    "Evidence",
    "Fact",
    "Failure",
    "Feedback",
    "Invariant",
    "InvariantResult",
    "Json",
    "Manifest",
    "Message",
    "NoResponse",
    "Outcome",
    "Passage",
    "PinnedPrompt",
    "Pins",
    "RankedPassage",
    "Rating",
    "Reach",
    "Responded",
    "Response",
    "Role",
    "Rule",
    "RuleResult",
    "Sampling",
    "Score",
    "Scored",
    "Scores",
    "Step",
    "Support",
    "TextDelta",
    "Timings",
    "Tool",
    "ToolCall",
    "Trace",
    "Unscored",
    "Usage",
    "Verdict",
    "VerdictKind",
    "canonical_json",
    "digest",
    "digest_bytes",
]
