"""What a comment must be before it is posted. Its text may come from whoever opened the pull request."""

import re
from dataclasses import dataclass
from typing import Literal

# Nobody sees it. Our comment is the one that begins with it and that we wrote.
MARK = "<!-- surefoot -->"
MOST_CHARACTERS = 60_000  # GitHub takes 65,536 and GitLab more; an emoji may count twice
Done = Literal["written", "updated", "unchanged"]
_CUT = "\n\n*The comment goes on in the artifacts of the run.*\n"
# A name behind an @ would be told by mail, in our name. What cannot be seen keeps it a word.
_MENTION = re.compile(r"@(?=[\w-])")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where the comment is, and what was done: `unchanged` is one that said the same already."""

    url: str
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Our comment as the host holds it."""

    number: int
    body: str
    url: str

    def says(self, body: str) -> bool:
        """Whether it says this already; hosts keep line ends and blanks at the end as they like."""
        return self.body.replace("\r\n", "\n").strip() == body.strip()


def ready(text: str) -> str:
    """The text as it is posted: marked as ours, nobody called by name, no longer than hosts take."""
    body = _MENTION.sub("@\u200b", _CONTROLS.sub("", text.replace("\r\n", "\n"))).replace(MARK, "")
    body = f"{MARK}\n{body.strip()}\n"
    if len(body) <= MOST_CHARACTERS:
        return body
    kept = body[: MOST_CHARACTERS - len(_CUT)]
    return kept[: kept.rfind("\n") + 1].rstrip() + _CUT
