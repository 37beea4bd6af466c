"""Load a prompt: read its file and includes, check the front matter, compile the template, take digests."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from surefoot.errors import PromptError
from surefoot.prompts.contracts import compare, contract_of
from surefoot.prompts.declarations import SCHEMA, Declarations, read_declarations
from surefoot.prompts.files import PROMPT_SUFFIX, SourceFile, read_include, read_prompt_file
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.templates import compile_template
from surefoot.records import Json, digest, digest_bytes


def load(path: Path | str) -> Prompt:
    """The prompt of a file, like `prompts/answer.prompt.md`; its includes lie beside it.

    Raises PromptError, as `load_prompt` does.
    """
    file = Path(path)
    if not file.name.endswith(PROMPT_SUFFIX):
        raise PromptError(
            f"{str(path)!r} does not name a prompt file",
            remedy=f"Name a file that ends in {PROMPT_SUFFIX!r}.",
        )
    return load_prompt(file.parent, file.name.removesuffix(PROMPT_SUFFIX))


def load_prompt(folder: Path, name: str) -> Prompt:
    """The prompt of `<folder>/<name>.prompt.md`, its template parsed once; a variant is `<name>.<variant>`.

    Raises PromptError, with file, line and column as far as they are known, for a file that is missing or
    wrong, whatever bytes it holds, and for a variant whose contract is not that of the prompt beside it.
    """
    source = read_prompt_file(folder, name)
    declared, body = _read(source, name)
    template = compile_template(
        body,
        variables=[variable.name for variable in declared.variables],
        read_include=lambda include, place: read_include(folder, include, place),
    )
    includes = {include: digest_bytes(text.encode()) for include, text in template.includes.items()}
    for fault in lock_faults(declared, includes, source.file):
        raise fault
    contract = contract_of(declared)
    base, _, variant = name.partition(".")
    if variant and (folder / f"{base}{PROMPT_SUFFIX}").exists():
        _check_variant(folder, base, contract, source.file)
    return Prompt(
        name=name,
        variant=variant or None,
        description=declared.description,
        owners=declared.owners,
        suites=declared.suites,
        model_alias=declared.model_alias,
        sampling=declared.sampling,
        variables=declared.variables,
        trust=declared.trust,
        budget=declared.budget,
        digest=digest(_canonical(name, declared, contract, template.meaning)),
        contract=contract,
        contract_digest=digest(contract),
        includes=includes,
        file=source.file,
        files=(f"{name}{PROMPT_SUFFIX}", *(f"_{include}.md" for include in sorted(includes))),
        template=template,
    )


def _read(source: SourceFile, name: str) -> tuple[Declarations, SourceFile]:
    """The front matter, and the body with a blank line for each line before it."""
    front, body, body_line = split(source)
    declared = read_declarations(read_yaml(front, file=source.file), name=name, file=source.file)
    return declared, SourceFile(file=source.file, text="\n" * (body_line - 1) + body)


def lock_faults(declared: Declarations, includes: Mapping[str, str], file: str) -> Iterator[PromptError]:
    """The locked includes that are not as they are locked, as the errors that say so."""
    for name, lock in declared.locks.items():
        found = includes.get(name)
        if found is None:
            yield lock.written.wrong(
                f"{name!r} is locked, and the template does not include it", "Remove the lock.", file=file
            )
        elif not found.startswith(lock.prefix):
            yield lock.written.wrong(
                f"the include {name!r} is not the text that is locked here: its digest is {found}",
                f"Read the change, then lock it anew: {name}: {found[: len(lock.prefix)]}",
                file=file,
            )


def _check_variant(folder: Path, base: str, contract: Mapping[str, Json], file: str) -> None:
    source = read_prompt_file(folder, base)
    declared, _ = _read(source, base)
    reasons = compare(contract_of(declared), contract).reasons
    if reasons:
        raise PromptError(
            f"the variant's contract is not that of {base!r}: {'; '.join(reasons)}",
            remedy=f"Give it the input, output and tools of {source.file}, or a name of its own.",
            file=file,
        )


def _canonical(
    name: str, declared: Declarations, contract: Mapping[str, Json], template: str
) -> dict[str, Json]:
    """All that decides the messages and how they are sampled; not the owners, the description, the suites.

    Schemas and defaults stand as JSON text: a model sees the order of their keys, and so can a template.
    """
    sampling = declared.sampling
    tools: list[Json] = [
        {"name": tool.name, "description": tool.description, "parameters": _in_order(tool.parameters)}
        for tool in sampling.tools
    ]
    return {
        "schema": SCHEMA,
        "name": name,
        "model": {
            "alias": declared.model_alias,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_output_tokens": sampling.max_output_tokens,
            "seed": sampling.seed,
            "stop": sampling.stop,
        },
        "contract": contract,
        "defaults": {
            variable.name: _in_order(variable.default)
            for variable in declared.variables
            if not variable.required
        },
        "output": _in_order(sampling.output_schema),
        "tools": tools,
        "budget": {"max_prompt_tokens": declared.budget.max_prompt_tokens, "drop": declared.budget.drop},
        "template": template,
    }


def _in_order(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
