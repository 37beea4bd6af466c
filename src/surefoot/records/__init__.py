"""The values every room speaks: frozen, keyword-only, without behaviour of their own."""

from surefoot.records.answers import Answer, Citation, Pins, Timings
from surefoot.records.digest import Json, canonical_json, digest, digest_bytes
from surefoot.records.messages import Completion, Message, Role, Sampling, TextDelta, Usage
from surefoot.records.passages import Passage, RankedPassage
from surefoot.records.releases import Manifest
from surefoot.records.scores import Score, Scored, Unscored
from surefoot.records.traces import Failure, Feedback, Rating, Trace

__all__ = [
    "Answer",
    "Citation",
    "Completion",
    "Failure",
    "Feedback",
    "Json",
    "Manifest",
    "Message",
    "Passage",
    "Pins",
    "RankedPassage",
    "Rating",
    "Role",
    "Sampling",
    "Score",
    "Scored",
    "TextDelta",
    "Timings",
    "Trace",
    "Unscored",
    "Usage",
    "canonical_json",
    "digest",
    "digest_bytes",
]
