"""The recipes that are compared, and the grid one of them was chosen from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from surefoot.retrieval import Recipe
from surefoot.retrieval.recipes import Choice, Chunking, DenseLeg, LexicalLeg

DEPTH = 100

# Chosen with `--choose`, by the questions for that: of the recipes with at least 0.05 precision those that
# recall most, one that shows passages as they were cut and one that widens them. Both sets get the same.
CHOSEN = Recipe(
    name="chosen",
    chunking=Chunking(limit_words=150, minimum_words=40, overlap_words=30),
    dense=DenseLeg(weight=0.5, candidates=DEPTH, window_words=60),
    lexical=LexicalLeg(weight=1.0, candidates=DEPTH),
    rrf_k=5,
)
WIDENED = Recipe(
    name="widened",
    chunking=Chunking(limit_words=80, minimum_words=26, overlap_words=0),
    dense=DenseLeg(weight=0.7, candidates=DEPTH),
    lexical=LexicalLeg(weight=1.0, candidates=DEPTH),
    rrf_k=5,
    choice=Choice(neighbours=1),
)


def leg_alone(recipe: Recipe, leg: str) -> Recipe:
    """The recipe with one of its legs switched off."""
    if leg == "dense":
        return replace(recipe, lexical=replace(recipe.lexical, weight=0))
    return replace(recipe, dense=replace(recipe.dense, weight=0))


UNTUNED = replace(CHOSEN, dense=replace(CHOSEN.dense, weight=1, window_words=0), rrf_k=60)
ROWS: Mapping[str, Recipe] = {
    "dense, one vector a passage": leg_alone(UNTUNED, "dense"),
    "dense": leg_alone(CHOSEN, "dense"),
    "lexical": leg_alone(CHOSEN, "lexical"),
    "plain fusion (equal weights, k = 60)": UNTUNED,
    "hybrid": CHOSEN,
    "dense + expansion": leg_alone(WIDENED, "dense"),
    "lexical + expansion": leg_alone(WIDENED, "lexical"),
    "hybrid + expansion": WIDENED,
}


def grid() -> Iterator[tuple[str, Recipe]]:
    """Every recipe that `--choose` tries, with its name."""
    cuts = (
        ("structure", 130, 30, 60, 0),
        ("structure", 150, 20, 60, 0),
        ("structure", 150, 30, 60, 0),
        ("structure", 155, 25, 60, 0),
        ("structure", 160, 30, 60, 0),
        ("structure", 70, 0, 0, 1),
        ("sentence", 160, 0, 60, 0),
        ("sentence", 160, 30, 60, 0),
        ("sentence", 60, 0, 0, 1),
        ("sentence", 70, 0, 0, 1),
        ("sentence", 80, 0, 0, 1),
        ("structure", 85, 0, 0, 1),
    )
    for (splitter, limit, overlap, window, neighbours), weight, rrf_k in product(
        cuts, (0.3, 0.5, 0.7, 1.0), (5, 10, 20, 60)
    ):
        name = (
            f"{splitter}, {limit} words, {overlap} shared, window {window}, neighbours {neighbours}, "
            f"weight {weight}, k {rrf_k}"
        )
        yield (
            name,
            replace(
                CHOSEN,
                chunking=Chunking(
                    splitter=splitter,
                    limit_words=limit,
                    minimum_words=min(40, limit // 3),
                    overlap_words=overlap,
                ),
                dense=replace(CHOSEN.dense, window_words=window, weight=weight),
                choice=Choice(neighbours=neighbours),
                rrf_k=rrf_k,
            ),
        )
