"""Documents in, passages out: read and cut a corpus, build an immutable snapshot of it, and search that.

    corpus + recipe -> documents -> passages -> vectors + words -> snapshot -> search

`corpora`, `recipes` and `ports` are values and need nothing. `build` and `searching` do the work through
the ports; the files named for a vendor implement them, and only `wiring` imports those.
"""

from surefoot.retrieval.corpora import Corpus, Source, corpus_of_folder, load_corpus
from surefoot.retrieval.ports import Embedder, Engine
from surefoot.retrieval.recipe_files import load_recipe
from surefoot.retrieval.recipes import Recipe

__all__ = [
    "Corpus",
    "Embedder",
    "Engine",
    "Recipe",
    "Source",
    "corpus_of_folder",
    "load_corpus",
    "load_recipe",
]
