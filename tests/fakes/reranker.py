"""A reranker without a model: it counts the question's words that a text has."""

from collections.abc import Sequence


class SharedWords:
    """Scores a text by the share of its question's words that stand in it."""

    model = "cross"
    sha256 = ""

    async def scores(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """From 0 to 1, in the order of the texts."""
        return shared_words(question, texts)

    async def aclose(self) -> None:
        """Nothing to let go of."""


def shared_words(question: str, texts: Sequence[str]) -> tuple[float, ...]:
    """The share for each text."""
    asked = set(question.split())
    return tuple(len(asked & set(text.split())) / max(1, len(asked)) for text in texts)
