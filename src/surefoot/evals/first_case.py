"""A first case from documents that nobody has written cases for: a statement, and what it answers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surefoot.records import Case, Evidence, Fact

FEWEST_WORDS, MOST_WORDS = 8, 32
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
# What is not prose: lists, quotes, tables, comments, front matter's rule, indented code.
_NO_PROSE = re.compile(r"^(\s{4,}|\s*([-*+>|<!=]|\d+[.)]\s|---))")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"])")
_MARKUP = re.compile(r"[\[\]<>{}|*\\]|https?:")
# Headings that stand in every second document say little about this one.
_GENERAL = frozenset(
    "about contents contributing example examples faq installation introduction license licence notes "
    "overview readme references summary usage".split()
)

# Questions that few documents answer. A document that holds the word rules its question out.
_SILENT = (
    ("chess", "Who won the world championship of chess in 1972?"),
    ("volcano", "How high is the highest volcano of Iceland?"),
    ("opera", "Which opera did Giuseppe Verdi finish last?"),
    ("saturn", "How many moons does the planet Saturn have?"),
    ("tungsten", "At what temperature does tungsten melt?"),
)
_SILENT_REFERENCE = "The documents do not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence of a document, word for word, and the headings that it stands under, outermost first."""

    source: str
    headings: tuple[str, ...]
    sentence: str


def first_case(documents: Mapping[str, str]) -> Case | None:
    """A case of one statement of these documents, text by source; None when none holds a plain sentence.

    Sentences with a figure, under a heading that no other section has, come first: such a question has one
    answer. Equal documents give the equal case.
    """
    statements = [one for source, text in sorted(documents.items()) for one in statements_of(source, text)]
    if not statements:
        return None
    uses = Counter(one.headings[-1].casefold() for one in statements if one.headings)
    chosen = max(statements, key=lambda one: _fitness(one, uses))
    return Case(
        id="first",
        kind="single",
        cluster=chosen.source,
        question=_question(chosen),
        reference=chosen.sentence,
        facts=(Fact(places=(Evidence(source=chosen.source, quote=chosen.sentence),)),),
    )


def silent_case(documents: Mapping[str, str]) -> Case | None:
    """A case that these documents do not answer; None when every question there is might be answered."""
    held = " ".join(documents.values()).casefold()
    for word, question in _SILENT:
        if word not in held:
            return Case(
                id="silent",
                kind="unanswerable",
                cluster="silent",
                question=question,
                reference=_SILENT_REFERENCE,
                facts=(),
            )
    return None


def statements_of(source: str, text: str) -> Iterator[Statement]:
    """The plain sentences of a Markdown or text document, the first of each paragraph."""
    headings: list[tuple[int, str]] = []
    for lines in _paragraphs(text):
        heading = _HEADING.match(lines[0])
        if heading:
            level = len(heading[1])
            headings = [one for one in headings if one[0] < level] + [(level, heading[2])]
            continue
        sentence = _SENTENCE.split(" ".join(line.strip() for line in lines), maxsplit=1)[0]
        if _is_plain(sentence):
            yield Statement(source=source, headings=tuple(title for _, title in headings), sentence=sentence)


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Paragraphs of prose and headings, in order; code, lists, tables and front matter are passed over."""
    lines: list[str] = []
    in_code = False
    for line in (*_without_front_matter(text.splitlines()), ""):
        if _FENCE.match(line):
            in_code = not in_code
        is_heading = not in_code and _HEADING.match(line) is not None
        if lines and (is_heading or in_code or not line.strip()):
            if not any(_NO_PROSE.match(one) for one in lines):
                yield lines
            lines = []
        if is_heading:
            yield [line]
        elif not in_code and line.strip() and not _FENCE.match(line):
            lines.append(line)


def _without_front_matter(lines: Sequence[str]) -> Sequence[str]:
    if lines and lines[0].strip() == "---" and "---" in lines[1:]:
        return lines[lines.index("---", 1) + 1 :]
    return lines


def _is_plain(sentence: str) -> bool:
    words = sentence.split()
    return (
        FEWEST_WORDS <= len(words) <= MOST_WORDS
        and sentence[-1] in ".!?"
        and sentence[0].isupper()
        and not _MARKUP.search(sentence)
    )


def _fitness(one: Statement, uses: Counter[str]) -> tuple[bool, bool, bool, bool, int]:
    """What makes a statement a good first case; the shorter of two equals, for it is cut apart least."""
    heading = one.headings[-1].casefold() if one.headings else ""
    return (
        heading != "" and heading not in _GENERAL,
        uses[heading] <= 2,
        any(letter.isdigit() for letter in one.sentence),
        len(one.headings) > 1,
        -len(one.sentence),
    )


def _question(one: Statement) -> str:
    if one.headings:
        return f"What do the documents say about “{one.headings[-1]}”?"
    words = one.sentence.split()
    return f"How does this sentence go on: “{' '.join(words[: len(words) // 2])} …”?"
