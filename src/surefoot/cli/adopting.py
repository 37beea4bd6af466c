"""`surefoot init`: surefoot in a repository of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.errors import SettingsError

if TYPE_CHECKING:
    from surefoot.wiring.adopting import Adopted, Wish


def init(
    endpoint: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible model server to use; else vLLM on this machine.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="What that server calls the model; its only one by default.")
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="The environment variable that holds that server's key.")
    ] = None,
    embedder_endpoint: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible embeddings server; else embed in-process.")
    ] = None,
    embedder_model: Annotated[
        str | None, typer.Option(help="What that server calls its model; its only one by default.")
    ] = None,
    embedder_key_variable: Annotated[
        str | None, typer.Option(help="The environment variable that holds the embeddings server's key.")
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help="The folder to answer from; docs/ by default, else an example.")
    ] = None,
    ci: Annotated[
        Literal["github", "gitlab", "jenkins", "none"] | None,
        typer.Option(help="Whose CI files to write; by default of the one it uses, else GitHub."),
    ] = None,
) -> None:
    """Write what this repository needs of surefoot: a prompt, a case, an app, settings, CI files.

    Nothing that is there is changed, but for a line more in .gitignore. All is written, or nothing.
    """
    from surefoot.wiring.adopting import Wish

    wish = Wish(
        endpoint=endpoint,
        model=model,
        key_variable=key_variable,
        embedder_endpoint=embedder_endpoint,
        embedder_model=embedder_model,
        embedder_key_variable=embedder_key_variable,
        docs=docs,
        ci=ci,
    )
    run(_init(wish))


async def _init(wish: "Wish") -> None:
    from surefoot.wiring.adopting import adopt

    here, above = Path.cwd().resolve(), project_top().resolve()
    if above != here:
        raise SettingsError(
            f"{here} lies in a project already: {above}", remedy="go there, or work with that project"
        )
    _print(await adopt(here, wish))


def _print(adopted: "Adopted") -> None:
    for title, files in (("written", adopted.written), ("left as they were", adopted.left)):
        if files:
            out.print(Text(title, style="bold"))
            out.print(Text("".join(f"  {file}\n" for file in files)), end="")
    if not adopted.written:
        out.print("everything is there already; nothing was written")
        return
    if adopted.documents:
        out.print(Text(f"\nIt answers from {adopted.documents}/. The first case asks: {adopted.question}"))
        out.print(
            Text(
                "One case is too few for statistics: what every answer must do (respond, cite a passage that "
                "it was shown, not decline, find the sentence) decides about a first release and every edit. "
                f"{adopted.suite} says how to add cases."
            )
        )
    out.print(Text("\nnext", style="bold"))
    for line in _next(adopted):
        out.print(Text(f"  {line}"))
    out.print(
        Text(
            f"\nThen, for each change: edit {adopted.prompt} on a branch, commit it, and run "
            "`surefoot gate run`."
        )
    )


def _next(adopted: "Adopted") -> list[str]:
    begin = [] if adopted.in_git else ["git init"]
    parts = dict.fromkeys(file.split("/")[0] for file in adopted.written)
    return [
        *begin,
        f"git add {' '.join(parts)} && git commit -m 'Add surefoot'",
        "surefoot gate run --against founding",
        "surefoot release promote",
    ]
