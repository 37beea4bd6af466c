"""`surefoot ask`: one question to a running service, answered as it streams."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, cast

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.cli.service_client import KEY_VARIABLE, ServiceClient

Fields = Mapping[str, object]


def ask(
    question: Annotated[str, typer.Argument(help="What to ask.")],
    app: Annotated[str | None, typer.Option(help="The app to ask; the service's first by default.")] = None,
    url: Annotated[
        str | None, typer.Option(help="The service's address; the project's own by default.")
    ] = None,
    key_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the caller's key, where one is needed.")
    ] = KEY_VARIABLE,
) -> None:
    """Ask a running service, and print the answer with its citations."""
    run(_ask(question, app, url, key_variable))


async def _ask(question: str, app: str | None, url: str | None, key_variable: str) -> None:
    if url is None:
        from surefoot.settings import read_settings

        url = read_settings(project_top()).service.url
    await print_answer(ServiceClient(url, key=os.environ.get(key_variable)), question, app=app)


async def print_answer(client: ServiceClient, question: str, *, app: str | None = None) -> Fields:
    """Print an answer as it streams, then its citations, the release that gave it, and how fast it came.

    Returns the whole answer's fields; none when the stream held no answer.
    """
    from surefoot.reports.printable import printable

    answer: Fields = {}
    async for event in client.ask(question, app=app):
        if event.name == "delta":
            out.print(Text(printable(str(event.fields["text"]))), end="")
        elif event.name == "answer":
            answer = event.fields
            out.print()
            for line in _after(answer, question):
                out.print(line)
    return answer


def _after(answer: Fields, question: str) -> list[Text]:
    from surefoot.reports.printable import one_line

    lines = [Text()]
    for citation in cast(Sequence[Fields], answer["citations"]):
        where = " > ".join([str(citation["source"]), *cast(Sequence[str], citation["headings"])])
        span = f"characters {citation['start']}-{citation['end']}"
        lines.append(
            Text.assemble((f"[{citation['number']}] ", "bold"), one_line(where), (f"  {span}", "dim"))
        )
    if len(lines) > 1:
        lines.append(Text())
    facts = [
        *(("searched", text) for text in cast(Sequence[str], answer["searched"]) if text != question),
        ("release", str(answer["release"])),
        ("prompt", _prompt(cast(Fields, answer["prompt"]))),
        ("trace", str(answer["id"])),
        ("speed", _speed(cast(Fields, answer["timings"]), cast(Fields | None, answer["usage"]))),
    ]
    lines += [Text.assemble((f"{name:<8}", "dim"), one_line(value)) for name, value in facts]
    return lines


def _prompt(prompt: Fields) -> str:
    return f"{prompt['name']} {str(prompt['digest'])[:12]}"


def _speed(timings: Fields, usage: Fields | None) -> str:
    first, total = timings["first_token_seconds"], timings["total_seconds"]
    words = [] if first is None else [f"first token after {cast(float, first):.2f} s"]
    if usage is not None:
        tokens = cast(int, usage["output_tokens"])
        seconds = 0.0 if first is None else cast(float, total) - cast(float, first)
        if tokens > 1 and seconds > 0:
            words.append(f"{(tokens - 1) / seconds:.1f} tokens/s")
        words.append(f"{usage['prompt_tokens']} tokens in, {tokens} out")
    return ", ".join([*words, f"{cast(float, total):.2f} s in all"])
