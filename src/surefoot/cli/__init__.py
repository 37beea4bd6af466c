"""The commands. Vendors and rooms are imported inside them, so that each loads only what it needs."""

from typing import Annotated

import typer

from surefoot.cli import (
    adopting,
    approving,
    asking,
    bundling,
    case_adding,
    case_checks,
    change_posting,
    changing,
    demonstrating,
    evaluating,
    gating,
    index_care,
    indexing,
    keys,
    mirroring,
    modelling,
    promoting,
    prompt_beginning,
    prompt_changes,
    prompt_checks,
    prompt_forms,
    prompt_moving,
    prompt_rendering,
    prompt_trying,
    prompt_writing,
    prompting,
    refreshing,
    releasing,
    reporting,
    running,
    storing,
    tracing,
    whereabouts,
)
from surefoot.cli.console import fail, missing_extra, out, print_as_utf8

app = typer.Typer(
    name="surefoot",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        out.print(f"surefoot {version('surefoot')}")
        raise typer.Exit


@app.callback()
def surefoot(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the installed version."),
    ] = False,
) -> None:
    """Answer from documents with citations, and know exactly which prompt, index and model answered."""


app.command("init")(adopting.init)
app.command("up")(running.up)
app.command("down")(running.down)
app.command("status")(running.status)
app.command("serve")(running.serve)
app.command("ask")(asking.ask)
app.command("refresh")(refreshing.refresh)
app.command("report")(reporting.report)
app.command("demo")(demonstrating.demo)
for bundle_command in (bundling.pack, bundling.push, bundling.pull, bundling.verify):
    releasing.app.command(bundle_command.__name__)(bundle_command)
prompting.app.command("lint")(prompt_checks.lint)
prompting.app.command("new")(prompt_beginning.new)
prompting.app.command("render")(prompt_rendering.render)
prompting.app.command("format")(prompt_writing.format_prompts)
prompting.app.command("try")(prompt_trying.try_prompt)
prompting.app.command("diff")(prompt_changes.diff)
prompting.app.command("history")(prompt_changes.history)
prompting.app.command("schema")(prompt_forms.schema)
prompting.app.command("stub")(prompt_forms.stub)
prompting.app.command("import")(prompt_moving.import_file)
prompting.app.command("export")(prompt_moving.export)
app.add_typer(prompting.app, name="prompt")
changing.app.command("post")(change_posting.post)
app.add_typer(changing.app, name="change")
for name, command in (
    ("show", index_care.show),
    ("diff", index_care.diff),
    ("verify", index_care.verify),
    ("gc", index_care.gc),
    ("export", index_care.export_to),
    ("import", index_care.import_from),
    ("collections", storing.collections),
):
    indexing.app.command(name)(command)
app.add_typer(indexing.app, name="index")
app.add_typer(modelling.app, name="model")
app.add_typer(tracing.app, name="trace")
case_checks.app.command("add")(case_adding.add)
case_checks.app.command("import")(case_adding.import_file)
evaluating.app.add_typer(case_checks.app, name="cases")
app.add_typer(evaluating.app, name="eval")
app.add_typer(gating.app, name="gate")
releasing.app.command("promote")(promoting.promote)
releasing.app.command("approve")(approving.approve)
releasing.app.command("break-glass")(promoting.break_glass)
releasing.app.command("rollback")(promoting.rollback)
releasing.app.command("where")(whereabouts.where)
releasing.app.command("key")(promoting.key)
app.add_typer(releasing.app, name="release")
app.add_typer(mirroring.app, name="promptlayer")
app.add_typer(keys.app, name="key")


def main() -> None:
    """Run the command line. What a base install lacks for a command is named with its pip line."""
    print_as_utf8()
    try:
        app()
    except ModuleNotFoundError as missing:
        fail(missing_extra(missing))
