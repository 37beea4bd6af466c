"""Keys and passwords in prompt files: what is known by its form, and what is assigned and looks random."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LEAST_ENTROPY = 3.5
_SHOWN_AT_MOST = 8

_FORMS = {
    "a key of Anthropic": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "a key of Langfuse": r"[sp]k-lf-[0-9a-f-]{30,}",
    "a key of OpenAI": r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}",
    "a key of PromptLayer": r"pl_[0-9a-f]{32,}",
    "a key of AWS": r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}",
    "a token of GitLab": r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a key of Google": r"AIza[0-9A-Za-z_-]{35}",
    "a token of Hugging Face": r"hf_[A-Za-z0-9]{30,}",
    "a key of Stripe": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "a token of npm": r"npm_[A-Za-z0-9]{36}",
    "a token of PyPI": r"pypi-[A-Za-z0-9_-]{50,}",
    "a JSON Web Token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\sA-Za-z0-9+/=]*",
}
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:" + "|".join(f"(?P<f{n}>{form})" for n, form in enumerate(_FORMS.values())) + ")"
)
_NAMES = tuple(_FORMS)
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@{}]+:(?P<value>[^\s/@{}]{3,})@")
_ASSIGNED = re.compile(
    r"(?:(?:password|passwd|passphrase|secret|token|credentials?|(?:api|access|private)[ _-]?key)"
    r"[\"']?\s*(?:[:=]|is\s)|bearer\s)\s*[\"'`]?(?P<value>[A-Za-z0-9+/_.~=-]{16,})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A text that looks like a secret, where it stands, and what it seems to be."""

    line: int
    column: int
    what: str
    text: str


def secrets_in(text: str) -> Iterator[Secret]:
    """Every secret of a file, each once."""
    seen: list[tuple[int, int]] = []
    for start, end, what in _candidates(text):
        if any(start < other_end and other_start < end for other_start, other_end in seen):
            continue
        seen.append((start, end))
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        yield Secret(line=line, column=column, what=what, text=text[start:end])


def without_secrets(text: str, secrets: list[str]) -> str:
    """The text with every secret left out, also where a message has cut one short."""
    words = {word for secret in secrets for word in secret.split()}
    for secret in sorted(words, key=len, reverse=True):
        for length in range(len(secret), _SHOWN_AT_MOST - 1, -1):
            if secret[:length] in text:
                text = text.replace(secret[:length], "(secret)")
                break
    return text


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _KNOWN.finditer(text):
        yield match.start(), match.end(), _NAMES[int(str(match.lastgroup)[1:])]
    for match in _IN_ADDRESS.finditer(text):
        yield match.start("value"), match.end("value"), "a password in an address"
    for match in _ASSIGNED.finditer(text):
        if _looks_random(match["value"]):
            yield match.start("value"), match.end("value"), "a secret that is assigned"


def _looks_random(value: str) -> bool:
    """Whether no person would make up this word: letters and digits mixed, hardly any of them again."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return mixed and _entropy(value) >= _LEAST_ENTROPY


def _entropy(value: str) -> float:
    """Shannon's entropy in bits for each character."""
    shares = [value.count(character) / len(value) for character in set(value)]
    return -sum(share * math.log2(share) for share in shares)
