"""Build and open snapshots, with the vendors this project uses."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from surefoot.local.weights import weights_folder
from surefoot.models.http_embedder import HttpEmbedder
from surefoot.models.onnx_embedder import OnnxEmbedder
from surefoot.releases import AppFile
from surefoot.retrieval import Embedder, Engine
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.build import BuildProgress, BuildReport, build_snapshot
from surefoot.retrieval.chroma_vectors import ChromaVectors
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.wiring.project import Project, secret
from surefoot.wiring.releasing import live_snapshot_of

# The longest text an endpoint is sent, in tokens; what MiniLM reads in-process.
MOST_EMBEDDED_TOKENS = 256


def engine() -> Engine:
    """LlamaIndex reads and cuts, Chroma holds vectors, bm25s holds words, Parquet holds passages."""
    return Engine(
        parser=LlamaIndexDocuments(), vectors=ChromaVectors(), words=Bm25sLexical(), files=ParquetPassages()
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
    project: Project, app: AppFile, embedder: Embedder, progress: Callable[[BuildProgress], None]
) -> BuildReport:
    """Make the snapshot of the app's documents as they are now, and make it live."""
    return await build_snapshot(
        project.corpus_of(app),
        project.recipe_of(app),
        embedder,
        project.snapshots,
        engine=engine(),
        progress=progress,
    )


async def open_index(
    project: Project, app: AppFile, embedder: Embedder, snapshot: str | None = None
) -> SearchableSnapshot:
    """A snapshot of the app's documents, open to search: the live one unless another digest is given."""
    path = project.snapshots / (snapshot or live_snapshot_of(project, app))
    scratch = project.settings.folders.state / "scratch"
    return await open_snapshot(path, project.recipe_of(app), embedder, scratch, engine=engine())
