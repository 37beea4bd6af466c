"""`surefoot prompt`: prompts as files."""

import typer

app = typer.Typer(help="Write, check, try and compare prompts.", no_args_is_help=True)
