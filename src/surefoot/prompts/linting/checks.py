"""What a prompt that can be read is checked for, rule by rule."""

import re
from collections.abc import Iterator, Mapping, Sequence

from jinja2 import nodes

from surefoot.prompts.contracts import compare, contract_of
from surefoot.prompts.files import Place
from surefoot.prompts.linting.findings import Finding, Level
from surefoot.prompts.linting.flow import Flow, follow, word_of
from surefoot.prompts.linting.reading import ReadPrompt
from surefoot.prompts.linting.surroundings import Surroundings
from surefoot.prompts.loading import lock_faults
from surefoot.prompts.variables import Trust
from surefoot.records import digest_bytes

_FROM: Mapping[Trust, str] = {"user": "a user", "retrieved": "documents", "operator": "the operator"}


def checked(read: ReadPrompt, around: Surroundings, base: ReadPrompt | None) -> Iterator[Finding]:
    """Every finding about one prompt; `base` is the prompt beside a variant."""
    yield from read.findings
    if read.declared is None:
        return
    yield from _alias(read, around)
    yield from _suites(read, around)
    yield from _variant(read, base)
    yield from _released(read, around)
    if read.tree is None:
        return
    flow = follow(read.tree, read.declared.variables)
    yield from _mistyped(read, flow)
    yield from _untrusted(read, flow)
    if read.whole:
        yield from _locks(read)
        yield from _unused(read, flow)
        yield from _fixed_text(read, flow, around)


def at_key(
    read: ReadPrompt, path: Sequence[str | int], rule: str, message: str, remedy: str, level: Level = "error"
) -> Finding:
    """A finding at a key of the front matter."""
    located = None if read.front is None else read.front.at(path)
    line, column = (1, 1) if located is None else (located.line, located.column)
    return Finding(
        file=read.file, line=line, column=column, rule=rule, level=level, message=message, remedy=remedy
    )


def _at_node(
    read: ReadPrompt,
    node: nodes.Node,
    word: str,
    rule: str,
    message: str,
    remedy: str,
    level: Level = "error",
) -> Finding:
    """A finding at a node of the template; one in an include says whose."""
    place = Place(file=read.file, line=1) if read.sources is None else read.sources.place(node.lineno)
    whose = "" if place.file == read.file else f", as {read.file} includes this"
    return Finding(
        file=place.file,
        line=place.line,
        column=read.column(place, word),
        rule=rule,
        level=level,
        message=f"{message}{whose}",
        remedy=remedy,
    )


def _alias(read: ReadPrompt, around: Surroundings) -> Iterator[Finding]:
    known, declared = around.context_tokens, read.declared
    if known is None or declared is None or read.front is None:
        return
    written = read.front.at(["model", "alias"])
    if written.value != declared.model_alias:
        return  # it is missing or wrong, and that is a finding already
    chatting = [alias for alias, tokens in known.items() if tokens is not None]
    remedy = f"Use one of: {', '.join(chatting)}; or add it to serving/models.toml."
    if declared.model_alias not in chatting:
        what = "does not chat" if declared.model_alias in known else "is not in serving/models.toml"
        message = f"the model {declared.model_alias!r} {what}"
        yield at_key(read, ["model", "alias"], "unknown-model", message, remedy)
        return
    yield from _context(read, known[declared.model_alias] or 0)


def _context(read: ReadPrompt, context_tokens: int) -> Iterator[Finding]:
    declared = read.declared
    if declared is None or read.front is None:
        return
    most, answer = declared.budget.max_prompt_tokens, declared.sampling.max_output_tokens
    written = read.front.at(["budget", "max_prompt_tokens"]).value
    if written == most and most + answer > context_tokens:
        yield at_key(
            read,
            ["budget", "max_prompt_tokens"],
            "budget",
            f"{most} tokens of prompt and {answer} of answer are more than the {context_tokens} that "
            f"{declared.model_alias!r} takes",
            f"Let both together be at most {context_tokens}.",
        )


def _suites(read: ReadPrompt, around: Surroundings) -> Iterator[Finding]:
    if around.suites is None or read.declared is None:
        return
    for number, name in enumerate(read.declared.suites):
        if name not in around.suites:
            there = f"Use one of: {', '.join(around.suites)}." if around.suites else "Leave it out."
            message = f"there is no suite {name!r}: evals/{name}/suite.toml does not exist"
            yield at_key(read, ["suites", number], "unknown-suite", message, there)


def _variant(read: ReadPrompt, base: ReadPrompt | None) -> Iterator[Finding]:
    if base is None or base.declared is None or read.declared is None:
        return
    for reason in compare(contract_of(base.declared), contract_of(read.declared)).reasons:
        yield at_key(
            read,
            ["variant"],
            "variant",
            f"the variant's contract is not that of {base.name!r}: {reason}",
            f"Give it the input, output and tools of {base.file}, or a name of its own.",
        )


def _released(read: ReadPrompt, around: Surroundings) -> Iterator[Finding]:
    if read.declared is None or any(finding.rule == "front-matter" for finding in read.findings):
        return
    contract = contract_of(read.declared)
    for released in around.released:
        if released.prompt != read.name:
            continue
        change = compare(released.contract, contract)
        for reason in () if change.compatible else change.reasons:
            yield at_key(
                read,
                _part_of(reason),
                "contract",
                f"{reason}; production of {released.app} ({released.release[:12]}) has it otherwise",
                "Change those who call it in the same pull request, or keep the contract.",
                "warning",
            )


def _part_of(reason: str) -> Sequence[str]:
    """The key that a reason of a changed contract speaks of."""
    named = re.match(r"the input '(\w+)'", reason)
    if named is not None:
        return "input", named[1]
    return ("output",) if reason.startswith("the output") else ("tools",)


def _mistyped(read: ReadPrompt, flow: Flow) -> Iterator[Finding]:
    for fault in flow.faults:
        yield _at_node(read, fault.node, fault.word, "mistyped", fault.message, fault.remedy, fault.level)


def _untrusted(read: ReadPrompt, flow: Flow) -> Iterator[Finding]:
    trust = {} if read.declared is None else read.declared.trust
    for placed in flow.in_system:
        for name in sorted(placed.sources):
            level = trust.get(name, "user")
            if level == "operator":
                continue
            yield _at_node(
                read,
                placed.node,
                word_of(placed.node),
                "untrusted",
                f"{name!r} comes from {_FROM[level]}, and its text stands in a system message",
                "Move it into {% user %}. If an operator sets it, say so in the front matter: "
                f"trust: {{{name}: operator}}.",
            )


def _locks(read: ReadPrompt) -> Iterator[Finding]:
    if read.declared is None or read.sources is None:
        return
    includes = {name: digest_bytes(text.encode()) for name, text in read.sources.includes.items()}
    noted = ReadPrompt(name=read.name, file=read.file, texts=read.texts)
    for fault in lock_faults(read.declared, includes, read.file):
        noted.note(fault, "lock")
    yield from noted.findings


def _unused(read: ReadPrompt, flow: Flow) -> Iterator[Finding]:
    for variable in () if read.declared is None else read.declared.variables:
        if variable.name not in flow.used:
            yield at_key(
                read,
                ["input", variable.name],
                "unused",
                f"the template never reads the input {variable.name!r}",
                "Use it, or take it out of 'input' and from those who give it.",
                "warning",
            )


def _fixed_text(read: ReadPrompt, flow: Flow, around: Surroundings) -> Iterator[Finding]:
    if read.declared is None or around.estimate is None or not flow.fixed:
        return
    tokens, most = around.estimate(flow.fixed), read.declared.budget.max_prompt_tokens
    if tokens > most:
        yield at_key(
            read,
            ["budget", "max_prompt_tokens"],
            "budget",
            f"the fixed text alone takes about {tokens} tokens by an estimate (no count of the model), and "
            f"the budget is {most}",
            "Shorten the text, or raise the budget.",
            "warning",
        )
