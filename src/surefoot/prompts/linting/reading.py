"""Read a prompt file to be checked: all that can be read of it, and everything that keeps it from loading."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import nodes

from surefoot.errors import PromptError
from surefoot.prompts.declarations import Declarations
from surefoot.prompts.fields import Located
from surefoot.prompts.files import (
    PROMPT_SUFFIX,
    Place,
    SourceFile,
    column_of,
    read_include,
    read_prompt_file,
)
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.prompts.grammar import Sources, check_messages, check_names
from surefoot.prompts.linting.findings import Finding, found
from surefoot.prompts.linting.mending import read_mending
from surefoot.prompts.loading import load_prompt
from surefoot.prompts.meaning import meaning_of
from surefoot.prompts.templates import located_faults, new_environment

# Beyond these a template may be more than the compiler takes, so it is loaded too, which costs as much again.
_LARGE_CHARACTERS, _MANY_TAGS = 20_000, 40


@dataclass(slots=True, kw_only=True)
class ReadPrompt:
    """A prompt file as far as it can be read. `texts` has the text of each file it is made of.

    `whole` says that all of its template could be read.
    """

    name: str
    file: str
    front: Located | None = None
    declared: Declarations | None = None
    tree: nodes.Template | None = None
    sources: Sources | None = None
    whole: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def column(self, place: Place, word: str) -> int:
        """Where a word stands in a line, else where the line's own text begins."""
        return column_of(self.texts.get(place.file, ""), place.line, word)

    def note(self, error: PromptError, rule: str) -> None:
        """Keep an error as a finding."""
        self.findings.append(found(error, rule, file=self.file))


class _Faults:
    """Collects what loading would have ended with, each under the rule of the step that found it."""

    def __init__(self) -> None:
        self.rule = "template"
        self.noted: list[tuple[PromptError, str]] = []
        self.of_includes: dict[int, str] = {}

    def __call__(self, error: PromptError) -> None:
        self.noted.append((error, self.of_includes.get(id(error), self.rule)))


def read_to_check(folder: Path, name: str) -> ReadPrompt:
    """All that a prompt file says, and its faults."""
    read = ReadPrompt(name=name, file=str(folder / f"{name}{PROMPT_SUFFIX}"))
    try:
        source = read_prompt_file(folder, name)
    except PromptError as error:
        read.note(error, "file")
        return read
    read.texts[source.file] = source.text
    try:
        front, body, body_line = split(source)
    except PromptError as error:
        read.note(error, "front-matter")
        return read
    doubtful = _read_front(read, front)
    _read_template(read, folder, SourceFile(file=source.file, text="\n" * (body_line - 1) + body), doubtful)
    if not read.findings and _is_large(read):
        _try_to_load(read, folder)
    return read


def _read_front(read: ReadPrompt, front: str) -> Sequence[str]:
    """The declarations; returns the names of inputs that are declared wrongly."""
    try:
        read.front = read_yaml(front, file=read.file)
        mended = read_mending(read.front, name=read.name, file=read.file)
    except PromptError as error:
        read.note(error, "front-matter")
        return ()
    for fault in mended.faults:
        read.note(fault, "front-matter")
    read.declared = mended.declared
    return mended.doubtful


def _read_template(read: ReadPrompt, folder: Path, body: SourceFile, doubtful: Sequence[str]) -> None:
    faults = _Faults()

    def include(name: str, place: Place) -> SourceFile:
        try:
            included = read_include(folder, name, place)
        except PromptError as error:
            there = (folder / f"_{name}.md").exists()
            faults.of_includes[id(error)] = "file" if there else "unknown-include"
            raise
        read.texts[included.file] = included.text
        return included

    sources = Sources(new_environment(), include, faults)
    try:
        with located_faults(sources, body):
            tree = sources.parse(body)
            if all(rule != "template" for _, rule in faults.noted):
                read.tree, read.sources = tree, sources
                check_messages(tree, sources)
                _check_names(read, tree, faults, doubtful)
                meaning_of(tree, sources)
    except PromptError as error:
        faults(error)
    read.whole = read.tree is not None and all(rule == "undeclared" for _, rule in faults.noted)
    for fault, rule in faults.noted:
        read.note(fault, rule)


def _check_names(read: ReadPrompt, tree: nodes.Template, faults: _Faults, doubtful: Sequence[str]) -> None:
    if read.declared is None or read.sources is None:
        return
    faults.rule = "undeclared"
    names = [variable.name for variable in read.declared.variables]
    check_names(tree, read.sources, dict.fromkeys([*names, *doubtful]))
    faults.rule = "template"


def _is_large(read: ReadPrompt) -> bool:
    text = "".join(read.texts.values())
    return len(text) > _LARGE_CHARACTERS or text.count("{%") > _MANY_TAGS


def _try_to_load(read: ReadPrompt, folder: Path) -> None:
    try:
        load_prompt(folder, read.name)
    except PromptError as error:
        read.note(error, "template")
