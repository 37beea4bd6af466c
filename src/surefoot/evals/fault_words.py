"""What an error said, as a record may keep it: one line, short, and without what looks like a credential."""

import re

LONGEST_WORDS = 300

_HIDDEN = "***"
# An error of an HTTP client may repeat a header, a URL with a password, or a key.
_CREDENTIALS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"),
    re.compile(
        r"(?i)\b([\w-]{0,30}(?:api[_-]?key|token|secret|password|authorization))[\"']?\s*[:=]\s*[\"']?[^\s\"',;&]+"
    ),
    re.compile(r"\b(sk|pk|hf|ghp|gho|xox[abp])[-_][\w-]{8,}"),
    re.compile(r"(://)[^/\s@]+@"),
)


def fault_words(error: BaseException) -> str:
    """The error's class and words: "KeyError: 'quote'"."""
    words = words_of(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def words_of(error: BaseException) -> str:
    """The error's words alone."""
    try:
        return sound(str(error))
    except Exception:  # noqa: BLE001 - an error may be broken enough not to say what it is
        return ""


def sound(words: str) -> str:
    """Words in one printable line, cut, without what looks like a credential or any half character."""
    line = " ".join(whole_characters(words[: 4 * LONGEST_WORDS]).split())
    for credential in _CREDENTIALS:
        line = credential.sub(lambda found: f"{found[1]} {_HIDDEN}", line)
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"


def whole_characters(text: str) -> str:
    """The text without lone surrogates: a server can send them in JSON, and no file can hold them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
