"""What in a passage looks like it was written for a model rather than a reader: names of rules, no verdict.

The rules know the words that attacks in the open use. A document that asks for something in plain words is
not told from one that quotes a request: docs/how-to/hostile-documents.md has what they find and what they
miss. Every repetition in them is bounded, so a text of any kind is looked over in time.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping

# Letters nobody sees: zero-width ones, soft hyphens, and the tags that can spell a hidden text.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
TAGS = re.compile("[\U000e0000-\U000e007f]")
TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
RUN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]{3}")
BLOB = re.compile(r"[A-Za-z0-9+/]{40,4000}={0,2}")
COMMENT = re.compile(r"<!--(.{0,4000}?)-->", re.DOTALL)
WORDS_IN_BLOB = 4

NOUN = r"(?:instruction|prompt|direction|guideline|rule|command|context|question|task|conversation|message)s?"
OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|neglect|do not follow|don't follow|stop following) "
    rf"(?:(?:\S+ ){{0,4}}?{NOUN}\b(?! of\b)|"
    r"(?:all|everything|anything|what) (?:\S+ ){0,3}?(?:above|before|told|said|earlier)\b)"
)
ROLE = re.compile(
    r"\b(?:you are now|from now on,? you|act as (?:if you|an? )|pretend (?:to be|that you|you are)|"
    r"roleplay as|your new (?:role|task|instructions?|goal)|new instructions? (?:is|are|follow)|"
    r"(?:reveal|print|repeat|show|output) (?:\S+ ){0,3}?"
    r"(?:system|initial|hidden) (?:prompt|message|instructions?)|"
    r"enter (?:developer|dan|god|debug) mode|jailbreak)\b"
)
MODEL = r"(?:ai (?:assistant|model|system|agent)s?|language models?|llms?|chat ?bots?|gpt(?:-\d)?|ai)"
CALL = r"(?:note|message|attention|instructions?|important|hey|dear)"
SAY = (
    r"(?:answer|respond|reply|say|state|claim|output|print|write|repeat|include|append|tell|ignore|mention|"
    r"recommend)"
)
TO_MODEL = re.compile(
    rf"(?:\b{CALL} (?:to |for )?(?:any |all |the |every )?{MODEL}\b"
    rf"[ ,:.-]+(?:\S+ ){{0,8}}?(?:do not |don't |never |please )?{SAY}|"
    rf"\bif you are an? {MODEL}\b[ ,:]+(?:\S+ ){{0,8}}?{SAY}|"
    rf"\b{MODEL} (?:\S+ ){{0,6}}?(?:must|should|shall) (?:always |only |not |never )?{SAY})\b"
)
MARKS = re.compile(
    r"<\|[a-z_]{2,30}\|>|\[/?inst\]|<</?sys>>|"
    r"</?(?:system|assistant|user|passage|context|document|instructions?)>|"
    r"^#{2,4} ?(?:system|instruction|assistant|response|human|user) ?(?:prompt|message)?:?$|"
    r"\b(?:begin|start|end) of (?:system prompt|instructions)\b",
    re.MULTILINE,
)
SEND = re.compile(
    r"!\[[^\]\n]{0,200}\]\(\s{0,3}https?://[^\s)]{1,300}[?&=][^\s)]{0,300}\)|"
    r"\b(?:send|forward|post|upload|exfiltrate|leak|transmit|email) (?:\S+ ){0,8}?(?:to|at) "
    r"(?:https?://|\S{1,80}@\S{1,80}\.\w)|"
    r"\b(?:visit|open|fetch|click|call|go to|navigate to) (?:\S+ ){0,4}?https?://\S{1,300} (?:\S+ ){0,4}?"
    r"(?:before|and then|to (?:verify|confirm|continue)|with)\b"
)


# What a text must hold for its rule to be worth a look: most hold none of it.
CALLS = ("ignore", "disregard", "forget", "override", "bypass", "neglect", "follow")
ADDRESSES = ("http", "@")


def suspicions_of(text: str) -> tuple[str, ...]:
    """The names of the rules that the text meets, in their order; none for an ordinary text."""
    seen = _as_read(text)
    return tuple(name for name, rule in RULES.items() if rule(text, seen))


def _as_read(text: str) -> str:
    """The text as a model may read it: no invisible letters, one width, one case, single spaces."""
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold()
    return "\n".join(" ".join(line.split()) for line in plain.split("\n"))


def _invisible(text: str, seen: str) -> bool:
    return not text.isascii() and bool(TAGS.search(text) or TURNED.search(text) or RUN.search(text))


def _hidden(text: str, seen: str) -> bool:
    """A comment in the markup, which no reader sees, that meets another rule."""
    return any(_speaks(_as_read(found[1])) for found in COMMENT.finditer(text))


def _encoded(text: str, seen: str) -> bool:
    """A run of letters that is readable text in Base64."""
    return any(_readable(found[0]) for found in BLOB.finditer(text))


def _readable(blob: str) -> bool:
    try:
        words = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("ascii").split()
    except (binascii.Error, ValueError):
        return False
    return sum(word.strip(".,:;!?'\"").isalpha() for word in words) >= WORDS_IN_BLOB


def _holds(seen: str, words: tuple[str, ...]) -> bool:
    return any(word in seen for word in words)


def _flat(seen: str) -> str:
    return seen.replace("\n", " ")


def _speaks(seen: str) -> bool:
    flat = _flat(seen)
    return bool(OVERRIDE.search(flat) or ROLE.search(flat) or TO_MODEL.search(flat))


Rule = Callable[[str, str], bool]
# What each finds is told in docs/how-to/hostile-documents.md.
RULES: Mapping[str, Rule] = {
    "override": lambda text, seen: _holds(seen, CALLS) and bool(OVERRIDE.search(_flat(seen))),
    "role": lambda text, seen: bool(ROLE.search(_flat(seen))),
    "to-model": lambda text, seen: bool(TO_MODEL.search(_flat(seen))),
    "markup": lambda text, seen: bool(MARKS.search(seen)),
    "sends": lambda text, seen: _holds(seen, ADDRESSES) and bool(SEND.search(_flat(seen))),
    "invisible": _invisible,
    "hidden": _hidden,
    "encoded": _encoded,
}
