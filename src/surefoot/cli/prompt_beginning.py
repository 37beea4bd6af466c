"""`surefoot prompt new`: a prompt file with its front matter written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run

_OWNERS = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "CODEOWNERS")


def new(
    name: Annotated[str, typer.Argument(help="The prompt's name, or the variant's with --variant-of.")],
    variant_of: Annotated[
        str | None, typer.Option(help="Begin with another prompt's text, as a variant of it.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for, in a line.")] = None,
    model: Annotated[str, typer.Option(help="An alias of serving/models.toml.")] = "chat",
    suite: Annotated[
        list[str] | None,
        typer.Option(help="A suite that guards it. May be repeated; its namesake by default."),
    ] = None,
) -> None:
    """Write a prompt file that loads, to be reworded; a file that is there is never replaced."""
    out.print(Text(f"wrote {run(_new(name, variant_of, description, model, suite or []))}"))


async def _new(
    name: str, base: str | None, description: str | None, model: str, suites: Sequence[str]
) -> Path:
    from surefoot.prompts.drafting import checked_name, new_text, variant_text, write_new
    from surefoot.settings import read_settings
    from surefoot.wiring.prompt_files import prompts_shown

    top = project_top()
    folder = prompts_shown(top)
    checked_name(name)
    if base is not None:
        return write_new(folder, f"{base}.{name}", variant_text(folder, checked_name(base), name))
    namesake = [name] if (read_settings(top).folders.evals / name / "suite.toml").is_file() else []
    text = new_text(
        name,
        description=description or f"What {name} is for",
        owners=_owners(top),
        alias=model,
        suites=suites or namesake,
    )
    return write_new(folder, name, text)


def _owners(top: Path) -> list[str]:
    """Whom CODEOWNERS names for the prompts: its last line about them, or about everything."""
    file = next((top / name for name in _OWNERS if (top / name).is_file()), None)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file else []
    rules = [line.partition("#")[0].split() for line in lines]
    found = [rule[1:] for rule in rules if rule and rule[0].strip("/") in ("*", "prompts", "prompts/**")]
    return [owner for owner in (found[-1] if found else []) if owner.startswith("@")]
