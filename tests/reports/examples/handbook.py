"""A small suite about an office handbook: its cases, and answers to them."""

from surefoot.records import Case, CaseKind, Evidence, Fact, Passage, Responded, Response, Usage

_ASKED: tuple[tuple[CaseKind, str, str, str], ...] = (
    ("single", "leave", "How many days of leave may I carry over?", "Five days, until the end of March."),
    ("single", "badge", "Where do I collect my badge?", "At the front desk in Hall B."),
    ("several", "travel", "What is paid on a trip, and by when must I claim it?", "Rail and hotel; 30 days."),
    ("misleading", "leave", "Is leave still approved on paper?", "No, since 2024 it is approved online."),
    ("unanswerable", "badge", "Who designed the badge?", "The documents do not say."),
    ("single", "parking", "When does the garage close?", "At 22:00 on working days."),
)
_TEXTS = {
    "leave": "Up to five days of leave are carried over. They lapse at the end of March.",
    "badge": "Badges are handed out at the front desk in Hall B from 8:00.",
    "travel": "Rail and hotel are paid. Claims are handed in within 30 days.",
    "parking": "The garage closes at 22:00 on working days and at 18:00 on Saturdays.",
}


def cases(count: int = 12) -> dict[str, Case]:
    """So many cases, in turn about the same few things."""
    made = {}
    for number in range(count):
        kind, topic, question, reference = _ASKED[number % len(_ASKED)]
        turn = number // len(_ASKED)
        quote = _TEXTS[topic].split(". ")[0]
        fact = Fact(places=(Evidence(source=f"handbook/{topic}.md", quote=quote),))
        name = f"{topic}-{number + 1:02d}"
        made[name] = Case(
            id=name,
            kind=kind,
            cluster=f"{topic}-{turn}",
            question=question if turn == 0 else f"{question[:-1]}, as of version {turn + 1}?",
            reference=reference,
            facts=() if kind == "unanswerable" else (fact,) * (2 if kind == "several" else 1),
        )
    return made


def passages() -> tuple[Passage, ...]:
    return tuple(
        Passage(
            id=f"{number}" * 64,
            source=f"handbook/{topic}.md",
            start=100 * number,
            end=100 * number + len(text),
            text=text,
            headings=("Handbook", topic.capitalize()),
        )
        for number, (topic, text) in enumerate(_TEXTS.items(), 1)
    )


def responded(case: str, text: str, *, abstained: bool = False) -> Responded:
    return Responded(
        case=case,
        repeat=0,
        text=text,
        finish_reason="stop",
        abstained=abstained,
        passages=passages(),
        usage=Usage(prompt_tokens=420, output_tokens=18),
        first_token_seconds=0.2,
        total_seconds=1.1,
    )


def cited(case: Case) -> Response:
    """What a good release says."""
    if not case.answerable:
        return responded(case.id, "The documents do not say.", abstained=True)
    number = list(_TEXTS).index(case.cluster.partition("-")[0]) + 1
    return responded(case.id, f"{case.reference[:-1]} [{number}].")


def bare(case: Case) -> Response:
    """What it says when it is no longer told to cite."""
    return responded(case.id, case.reference if case.answerable else "Probably the design team did.")
