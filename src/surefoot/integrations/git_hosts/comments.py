"""What a comment must be before it is posted. Its text may come from whoever opened the pull request."""

import re
from dataclasses import dataclass

# Nobody sees it. Our comment is the one that begins with it and that we wrote.
MARK = "<!-- surefoot -->"
MOST_CHARACTERS = 60_000  # GitHub takes 65,536 and GitLab more; an emoji may count twice
_CUT = "\n\n*The comment goes on in the artifacts of the run.*\n"
# A name behind an @ would be told by mail, in our name. What cannot be seen keeps it a word.
_MENTION = re.compile(r"@(?=[\w-])")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where the comment is, and whether it was there before."""

    url: str
    updated: bool


def ready(text: str) -> str:
    """The text as it is posted: marked as ours, nobody called by name, no longer than hosts take."""
    body = _MENTION.sub("@\u200b", _CONTROLS.sub("", text.replace("\r\n", "\n"))).replace(MARK, "")
    body = f"{MARK}\n{body.strip()}\n"
    if len(body) <= MOST_CHARACTERS:
        return body
    kept = body[: MOST_CHARACTERS - len(_CUT)]
    return kept[: kept.rfind("\n") + 1].rstrip() + _CUT
