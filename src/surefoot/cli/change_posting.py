"""`surefoot change post`: the one comment of a pull request."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from surefoot.cli.console import out, run


def post(
    host: Annotated[Literal["github", "gitlab"], typer.Option(help="Where the pull request is.")],
    file: Annotated[Path, typer.Option(help="The comment, as Markdown.")] = Path("comment.md"),
) -> None:
    """Write a comment on the pull request of this CI run, or replace the one that is there.

    The token is read from GITHUB_TOKEN or GITLAB_TOKEN.
    """
    run(_post(host, file))


async def _post(host: Literal["github", "gitlab"], file: Path) -> None:
    from surefoot.wiring.posting import post_comment

    posted = await post_comment(host, file)
    if posted is None:
        out.print("nothing was written: no open pull request is at that commit any more")
    else:
        out.print(Text(f"{posted.done}: {posted.url}"))
