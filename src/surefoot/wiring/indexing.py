"""Build and open snapshots, with the vendors this project uses."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from surefoot.errors import SettingsError, SnapshotError
from surefoot.local.weights import weights_folder
from surefoot.models.http_embedder import HttpEmbedder
from surefoot.models.http_reranker import HttpReranker
from surefoot.models.onnx_embedder import OnnxEmbedder
from surefoot.models.onnx_reranker import OnnxReranker
from surefoot.models.tokenizer_file import EmbedderTokens
from surefoot.records import digest
from surefoot.releases import AppFile
from surefoot.retrieval import Corpus, Embedder, Engine, Recipe
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.build import BuildProgress, BuildReport, build_snapshot
from surefoot.retrieval.chroma_vectors import ChromaVectors
from surefoot.retrieval.documents import scan_corpus
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.llama_index_legs import NamedRetrievers
from surefoot.retrieval.llama_index_readers import read_by_named
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.ports import Reranker, Tokens, VectorStore
from surefoot.retrieval.readers import FileReaders
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.retrieval.snapshots import snapshot_inputs
from surefoot.wiring.bringing import bring_documents
from surefoot.wiring.project import Project, secret
from surefoot.wiring.releasing import in_production, live_snapshot_of, production_pointer
from surefoot.wiring.stores import store_of

# The longest text an endpoint is sent, in tokens; what MiniLM reads in-process.
MOST_EMBEDDED_TOKENS = 256


def engine(
    store: VectorStore | None = None,
    reranker: Reranker | None = None,
    *,
    workers: int | None = None,
    tokens: Tokens | None = None,
) -> Engine:
    """Our readers read, LlamaIndex cuts, Chroma holds vectors, bm25s holds words, Parquet holds passages.

    With a `store` the vectors are there instead. Documents are read in up to `workers` processes, and as
    many batches embedded at once: one for each usable core without a word. `tokens` are the embedder's, where
    documents are cut by them.
    """
    return Engine(
        reader=FileReaders(read_by_named),
        parser=LlamaIndexDocuments(tokens),
        vectors=ChromaVectors(),
        words=Bm25sLexical(),
        files=ParquetPassages(),
        named=NamedRetrievers(),
        store=store,
        reranker=reranker,
        workers=workers or usable_cores(),
    )


def tokens_of(project: Project) -> Tokens | None:
    """The tokens of the embedder, where its tokenizer is on this machine."""
    if project.settings.embedder.url is not None:
        return None
    spec = project.models.named("embedder")
    folder = weights_folder(spec, cache=project.settings.folders.cache, expanded=False)
    return EmbedderTokens(folder=folder, max_tokens=MOST_EMBEDDED_TOKENS)


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def reranker_of(project: Project, recipe: Recipe) -> Reranker | None:
    """The reranker that the recipe asks for, where the settings say that it is; None without one.

    Raises SettingsError, and what its files raise.
    """
    settings = project.settings.reranker
    if settings.url is not None and settings.folder is not None:
        raise SettingsError(
            f"reranker.url is {settings.url!r} and reranker.folder is {str(settings.folder)!r}",
            remedy="set one of them: a server reranks, or this process does",
        )
    if recipe.rerank is None:
        return None
    if settings.folder is not None:
        return OnnxReranker(settings.folder, recipe.rerank.model, threads=settings.threads)
    if settings.url is None:
        return None
    return HttpReranker(
        base_url=settings.url, model=recipe.rerank.model, api_key=secret(settings.key_variable)
    )


@asynccontextmanager
async def embedder_of(project: Project) -> AsyncIterator[Embedder]:
    """The embedder the settings choose: in-process, or behind an OpenAI-compatible address."""
    settings = project.settings.embedder
    identity = project.embedder_identity()
    if settings.url is None:
        spec = project.models.named("embedder")
        yield OnnxEmbedder(
            weights_folder(spec, cache=project.settings.folders.cache, expanded=False),
            identity,
            threads=settings.threads,
        )
        return
    remote = HttpEmbedder(
        base_url=settings.url,
        model=settings.model or "",
        identity=identity,
        dimensions=settings.dimensions or 0,
        max_tokens=MOST_EMBEDDED_TOKENS,
        api_key=secret(settings.key_variable),
    )
    try:
        yield remote
    finally:
        await remote.aclose()


async def build_index(
    project: Project,
    app: AppFile,
    embedder: Embedder,
    progress: Callable[[BuildProgress], None],
    *,
    anew: bool = False,
    workers: int | None = None,
) -> BuildReport:
    """Make the snapshot of the app's documents as they are now, and make it live.

    Documents that lie elsewhere are brought where they are not here yet; with `anew` all of them. `workers`
    is how much is done at once: one for each usable core without a word.
    """
    corpus = project.corpus_of(app)
    notes = await bring_documents(project, corpus, progress, anew=anew)
    report = await build_snapshot(
        corpus,
        project.recipe_of(app),
        embedder,
        project.snapshots,
        engine=engine(store_of(project.settings.index), workers=workers, tokens=tokens_of(project)),
        progress=progress,
    )
    return replace(report, notes=notes)


async def open_index(
    project: Project, app: AppFile, embedder: Embedder, snapshot: str | None = None
) -> SearchableSnapshot:
    """A snapshot of the app's documents, open to search: the live one unless another digest is given."""
    wanted = snapshot or live_snapshot_of(project, app)
    return await open_pinned(project, wanted, project.recipe_of(app), embedder)


async def open_pinned(
    project: Project, snapshot: str, recipe: Recipe, embedder: Embedder
) -> SearchableSnapshot:
    """The snapshot of that digest, open to search by the recipe it was built with, or SnapshotError."""
    path = project.snapshots / snapshot
    if not path.is_dir():
        raise SnapshotError(
            f"the snapshot {snapshot[:12]!r} is not in {project.snapshots}",
            remedy="run `surefoot index build`, which builds it from documents that are as they were then; "
            "if they have changed since, check out the release's commit first, or prove the present state "
            "with `surefoot gate run`",
        )
    scratch = project.settings.folders.state / "scratch"
    reranker = await asyncio.to_thread(reranker_of, project, recipe)
    return await open_snapshot(
        path,
        recipe,
        embedder,
        scratch,
        engine=engine(store_of(project.settings.index), reranker),
    )


async def build_production_index(
    project: Project,
    app: AppFile,
    embedder: Embedder,
    progress: Callable[[BuildProgress], None],
    *,
    built: str,
    workers: int | None = None,
) -> BuildReport | None:
    """Make sure that the snapshot of the app's production release is here, beside the one just `built`.

    Returns None when it was here. Else it is built from the documents as they are now, by the release's own
    recipe. SnapshotError when these are not the documents it was proven with, RefusedError for a release
    that may not serve.
    """
    chosen = in_production(project, app, production_pointer(project, app))
    release, pinned = chosen.manifest.digest, chosen.manifest.snapshot
    if pinned == built:
        return None
    corpus = project.corpus_of(app)
    found = await present_snapshot(corpus, chosen.parts.recipe, embedder)
    if found == pinned:
        # A name of its own: the pointer of the working tree's recipe stays where it is.
        named = replace(chosen.parts.recipe, name=f"release-{release[:12]}")
        return await build_snapshot(
            corpus,
            named,
            embedder,
            project.snapshots,
            engine=engine(store_of(project.settings.index), workers=workers, tokens=tokens_of(project)),
            progress=progress,
        )
    if (project.snapshots / pinned).is_dir():
        return None
    raise SnapshotError(
        f"the production release {release[:12]!r} of {app.name!r} pins the snapshot {pinned[:12]!r}, which "
        f"is not here, and the documents have changed since: they would make {found[:12]!r}",
        remedy="check out the commit of the release and run `surefoot index build` there, or prove the "
        "present state with `surefoot gate run`",
    )


async def present_snapshot(corpus: Corpus, recipe: Recipe, embedder: Embedder) -> str:
    """The digest of the snapshot that the documents would make as they are now, without making it."""
    scan = await asyncio.to_thread(scan_corpus, corpus)
    return digest(snapshot_inputs(scan, recipe, embedder))
