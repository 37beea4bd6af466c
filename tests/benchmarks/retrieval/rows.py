"""The recipes that are compared, and the grid one of them was chosen from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from surefoot.retrieval import Recipe
from surefoot.retrieval.recipes import Choice, Chunking, DenseLeg, LexicalLeg

DEPTH = 100

# Chosen with `--choose`, by the questions that are for choosing, for both sets alike.
CHOSEN = Recipe(
    name="chosen",
    chunking=Chunking(limit_words=160, minimum_words=40, overlap_words=0),
    dense=DenseLeg(weight=0.5, candidates=DEPTH, window_words=60),
    lexical=LexicalLeg(weight=1.0, candidates=DEPTH),
    rrf_k=10,
)
# Smaller passages, widened by what stands around them to about the same size.
SMALL = replace(CHOSEN, chunking=Chunking(limit_words=60, minimum_words=20, overlap_words=0))

ROWS: Mapping[str, Recipe] = {
    "dense": replace(CHOSEN, lexical=replace(CHOSEN.lexical, weight=0)),
    "dense, one vector a passage": replace(
        CHOSEN, lexical=replace(CHOSEN.lexical, weight=0), dense=replace(CHOSEN.dense, window_words=0)
    ),
    "lexical": replace(CHOSEN, dense=replace(CHOSEN.dense, weight=0)),
    "plain fusion (equal weights, k = 60)": replace(
        CHOSEN, dense=replace(CHOSEN.dense, weight=1, window_words=0), rrf_k=60
    ),
    "hybrid": CHOSEN,
    "hybrid + expansion": replace(SMALL, choice=Choice(neighbours=1)),
}


def grid() -> Iterator[tuple[str, Recipe]]:
    """Every recipe that `--choose` tries, with its name."""
    for limit, overlap, window, weight, rrf_k in product(
        (130, 160), (0, 30), (0, 60), (0.3, 0.5, 0.7, 1.0), (5, 10, 20, 60)
    ):
        name = f"words {limit} shared {overlap} window {window} weight {weight} k {rrf_k}"
        yield (
            name,
            replace(
                CHOSEN,
                chunking=replace(CHOSEN.chunking, limit_words=limit, overlap_words=overlap),
                dense=replace(CHOSEN.dense, window_words=window, weight=weight),
                rrf_k=rrf_k,
            ),
        )
