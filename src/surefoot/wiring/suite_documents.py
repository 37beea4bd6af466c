"""The documents that a suite's cases quote, read as the index reads them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from surefoot.evals.case_lint import Documents
from surefoot.releases import AppFile
from surefoot.retrieval import Corpus, corpus_of_folder
from surefoot.retrieval.cutting import cut_documents
from surefoot.retrieval.documents import scan_corpus
from surefoot.wiring.indexing import engine
from surefoot.wiring.project import Project

FROZEN = "corpus"


async def documents_of(
    project: Project, app: AppFile, folder: Path, told: Callable[[int, int], None]
) -> Documents:
    """What the documents say that the cases in a folder of evals/ are about.

    They are the folder's own, frozen in its `corpus/`, or else the app's. `told` hears how many of how many
    are read. Raises SnapshotError where they are not here, and SettingsError.
    """
    recipe = project.recipe_of(app)
    if recipe.chunking.splitter == "token":
        # Where it is cut changes no document's text, and cutting by tokens takes the embedder's files.
        recipe = replace(recipe, chunking=replace(recipe.chunking, splitter="structure"))
    scan = scan_corpus(_corpus(project, app, folder))
    cut = await cut_documents(scan, recipe, engine(), told)
    skipped = {report.source: report.reason for report in scan.skipped}
    return Documents(
        app=app.name,
        texts={document.source: document.text for document in cut.documents},
        unread={**cut.unread, **skipped},
    )


def _corpus(project: Project, app: AppFile, folder: Path) -> Corpus:
    frozen = folder / FROZEN
    return corpus_of_folder(frozen) if frozen.is_dir() else project.corpus_of(app)
