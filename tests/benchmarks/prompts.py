"""What loading and rendering a prompt cost, beside what others take for the same messages.

    .venv/bin/python -m tests.benchmarks.prompts --write

Two prompts: the example's, with six passages in a loop, and a short one with a single variable. Each round
times every contender once, one after another, so that what else the machine does falls on all alike; a ratio
is taken within its round, and the median of the rounds is reported with the quarters on both sides. All of
them make the same words, which is checked first. With `--write`, `docs/reference/prompt-benchmarks.json` and
the tables of `docs/reference/prompt-benchmarks.md` are written anew.
"""

import argparse
import copy
import json
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from langchain_core.prompts import ChatPromptTemplate
from promptlayer.template_cache import render_response

from surefoot.prompts import load
from surefoot.records import Passage

DOCS = Path("docs/reference")
RESULTS, PAGE = DOCS / "prompt-benchmarks.json", DOCS / "prompt-benchmarks.md"
BARE = "Jinja2's immutable sandbox alone"
OURS = "surefoot"
ROUNDS, FILES = 41, 100
TEXT = (
    "Office vaults keep a snapshot for thirty days, and a person with the right to do so can keep it longer. "
)
PASSAGES = tuple(
    Passage(
        id=f"{n:064x}", source=f"guide/{n}.md", start=0, end=600, text=TEXT * 6, headings=("Guide", "Keep")
    )
    for n in range(6)
)
SHORT = """---
schema: 1
name: short
model: {alias: chat}
input: {question: text}
budget: {max_prompt_tokens: 1000}
---
{% system %}
You answer questions about backups in one or two sentences.
{% endsystem %}
{% user %}
Question: {{ question }}
{% enduser %}
"""
Kept = Mapping[str, Any]  # as JSON has it
Texts = list[str]
Contender = Callable[[], Texts]


def contenders(
    folder: Path, name: str, templates: Sequence[str], values: Mapping[str, object]
) -> dict[str, Contender]:
    """Everything that can render this prompt, each already loaded, by its name."""
    prompt = load(folder / f"{name}.prompt.md")
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    compiled = [environment.from_string(text) for text in templates]
    roles = ("system", "user")
    chat = ChatPromptTemplate.from_messages(
        list(zip(roles, templates, strict=True)), template_format="jinja2"
    )
    kept = {"prompt_template": {"type": "chat", "messages": [
        {"role": role, "template_format": "jinja2", "content": [{"type": "text", "text": text}]}
        for role, text in zip(roles, templates, strict=True)
    ]}}  # fmt: skip

    def promptlayer() -> Texts:
        # The client hands out a deep copy of what it keeps, and renders into that.
        rendered = render_response(copy.deepcopy(kept), dict(values))
        return [message["content"][0]["text"] for message in rendered["prompt_template"]["messages"]]

    return {
        BARE: lambda: [template.render(values) for template in compiled],
        OURS: lambda: [message.content for message in prompt.render(values)],
        "LangChain, `ChatPromptTemplate`, jinja2": lambda: [
            str(message.content) for message in chat.format_messages(**values)
        ],
        "PromptLayer client, jinja2": promptlayer,
    }


def with_f_strings(templates: Sequence[str], values: Mapping[str, str]) -> Contender:
    """LangChain's other template language: it has no loops, so passages are already one text."""
    spelled = [re.sub(r"{{ (\w+) }}", r"{\1}", text) for text in templates]
    chat = ChatPromptTemplate.from_messages(list(zip(("system", "user"), spelled, strict=True)))
    return lambda: [str(message.content) for message in chat.format_messages(**values)]


def measured(named: Mapping[str, Contender], *, repeats: int) -> dict[str, dict[str, float]]:
    """Median microseconds of each, and its ratio to the first one, taken round by round."""
    seconds: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(ROUNDS):
        for name, work in named.items():
            began = time.perf_counter()
            for _ in range(repeats):
                work()
            seconds[name].append((time.perf_counter() - began) / repeats)
    base = next(iter(named))
    found = {}
    for name, taken in seconds.items():
        ratios = sorted(one / other for one, other in zip(taken, seconds[base], strict=True))
        low, middle, high = statistics.quantiles(ratios, n=4)
        found[name] = {
            "microseconds": round(statistics.median(taken) * 1e6, 1),
            "ratio": round(middle, 2),
            "ratio_low": round(low, 2),
            "ratio_high": round(high, 2),
        }
    return found


def rendering(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Both prompts by every contender."""
    values: dict[str, object] = {
        "question": "How long is a snapshot kept?",
        "passages": PASSAGES,
        "abstention": "Nothing is said of it.",
    }
    long = contenders(folder, "answer", _bodies(folder, "answer"), values)
    short_values = {"question": "How long is a snapshot kept?"}
    short = contenders(folder, "short", _bodies(folder, "short"), short_values)
    short["LangChain, `ChatPromptTemplate`, f-string"] = with_f_strings(
        _bodies(folder, "short"), short_values
    )
    for named in (long, short):
        texts = {name: [text.strip() for text in work()] for name, work in named.items()}
        strangers = [name for name, said in texts.items() if _words(said) != _words(texts[BARE])]
        if strangers:
            raise SystemExit(f"these render other words: {strangers}")
    return {
        "the example's prompt, six passages": measured(long, repeats=20),
        "a short prompt, one variable": measured(short, repeats=60),
    }


def loading(folder: Path) -> dict[str, dict[str, float]]:
    """A file read, checked and compiled with its digests, against Jinja2 compiling the same text."""
    text = "".join(_bodies(folder, "answer"))

    def bare() -> Texts:
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        environment.from_string(text)
        return []

    def ours() -> Texts:
        load(folder / "answer.prompt.md")
        return []

    return measured({"Jinja2 compiles the template": bare, OURS: ours}, repeats=2)


def _bodies(folder: Path, name: str) -> list[str]:
    """What stands between the role tags, includes in their place: one template for each message."""
    body = (folder / f"{name}.prompt.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    found = re.findall(r"{% (?:system|user) %}\n(.*?)\n{% end(?:system|user) %}", body, re.DOTALL)

    def included(match: re.Match[str]) -> str:
        return (folder / f"_{match[1]}.md").read_text(encoding="utf-8").rstrip()

    return [re.sub(r'{% include "([\w-]+)" %}', included, text) for text in found]


def _words(texts: Sequence[str]) -> list[list[str]]:
    return [text.split() for text in texts]


def table(results: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The results as the page shows them."""
    lines = []
    for what, rows in results.items():
        lines += [
            "",
            f"### {what[0].upper()}{what[1:]}",
            "",
            "| | ratio | quarter to quarter | microseconds |",
        ]
        lines += ["|---|---|---|---|"]
        for name, row in rows.items():
            spread = f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f}"
            lines.append(f"| {name} | {row['ratio']:.2f} | {spread} | {row['microseconds']:.0f} |")
    return "\n".join(lines).strip() + "\n"


def lint_sentence(lint: Mapping[str, float]) -> str:
    """What `tests.benchmarks.lint` measured."""
    spread = f"{lint['seconds_least']:.2f} to {lint['seconds_most']:.2f} in {lint['runs']} runs"
    return (
        f"`surefoot prompt lint` checks {lint['files']} files in {lint['seconds']:.2f} s ({spread}), and "
        f"one\nfile in {lint['seconds_one_file']:.2f} s: that is the start of the command.\n"
    )


def page_with(page: str, kept: Kept) -> str:
    """The page with its tables replaced; everything below the heading `## Results` is theirs."""
    results, lint = kept["results"], kept.get("lint")
    said = f"\n### Checking files\n\n{lint_sentence(lint)}" if lint else ""
    return page.partition("## Results\n")[0] + "## Results\n\n" + table(results) + said


def main(prompts: Path, *, write: bool) -> None:
    """Measure, print, and write what the page shows."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("answer.prompt.md", "_house-rules.md"):
            (folder / name).write_bytes((prompts / name).read_bytes())
        (folder / "short.prompt.md").write_text(SHORT, encoding="utf-8")
        results = {**rendering(folder), "loading the example's prompt": loading(folder)}
    print(table(results))
    if write:
        before = json.loads(RESULTS.read_text(encoding="utf-8"))
        versions = {name: version(name) for name in ("jinja2", "langchain-core", "promptlayer")}
        kept = {
            **{part: before[part] for part in ("lint",) if part in before},
            "python": platform.python_version(),
            "versions": versions,
            "rounds": ROUNDS,
            "results": results,
        }
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--prompts", type=Path, default=Path("prompts"))
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    chosen = options.parse_args()
    main(chosen.prompts, write=chosen.write)
