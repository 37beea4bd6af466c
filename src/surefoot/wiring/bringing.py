"""Bring the documents that lie elsewhere into the state directory, where the index is built from them."""

from collections.abc import Callable

from surefoot.errors import SnapshotError
from surefoot.retrieval import Corpus, Source
from surefoot.retrieval.aiohttp_pages import bring_pages
from surefoot.retrieval.build import BuildProgress
from surefoot.retrieval.folders import cannot_write
from surefoot.retrieval.git_trees import bring_tree
from surefoot.retrieval.origins import TREE, Pages, Repository, origin_folder, read_page
from surefoot.wiring.project import Project


async def bring_documents(
    project: Project, corpus: Corpus, progress: Callable[[BuildProgress], None], *, anew: bool
) -> tuple[str, ...]:
    """Bring each repository and page; says of each that stays as it was why.

    `anew` asks for those too that were brought before. What cannot be reached keeps its earlier copy.
    SnapshotError for a repository that was never here and cannot be brought.
    """
    notes: list[str] = []
    for source in corpus.sources:
        if source.origin is not None and (anew or not _is_here(source)):
            try:
                notes += await _brought(project, source, progress)
            except OSError as problem:
                raise cannot_write(problem, project.brought) from problem
    return tuple(notes)


def _is_here(source: Source) -> bool:
    if isinstance(source.origin, Pages):
        return all(read_page(source.path, url) is not None for url in source.origin.urls)
    return source.path.is_dir()


async def _brought(project: Project, source: Source, progress: Callable[[BuildProgress], None]) -> list[str]:
    def tell(done: int, total: int) -> None:
        progress(BuildProgress(stage="bring", done=done, total=total))

    if isinstance(source.origin, Pages):
        tell(0, len(source.origin.urls))
        pages = await bring_pages(source.origin, origin_folder(project.brought, source.origin), tell)
        return [
            f"{page.url}: {page.problem}; its earlier copy is read"
            for page in pages
            if page.file and page.problem
        ]
    if isinstance(source.origin, Repository):
        return await _repository(project, source.origin, tell)
    return []


async def _repository(
    project: Project, repository: Repository, tell: Callable[[int, int], None]
) -> list[str]:
    folder = origin_folder(project.brought, repository)
    tell(0, 1)
    try:
        await bring_tree(repository, folder)
    except ValueError as reason:
        if not (folder / TREE).is_dir():
            raise SnapshotError(
                f"the repository {repository.name} cannot be brought: {reason}",
                remedy="Check its address and `ref`, and that `git fetch` reaches it without asking.",
            ) from None
        return [f"{repository.name}: {reason}; its earlier files are read"]
    tell(1, 1)
    return []
