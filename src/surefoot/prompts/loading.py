"""Load a prompt: read its file and includes, check the front matter, compile the template, take digests."""

from collections.abc import Mapping
from pathlib import Path

from surefoot.prompts.declarations import PASSAGES, SCHEMA, Declarations, read_declarations
from surefoot.prompts.files import PROMPT_SUFFIX, SourceFile, read_include, read_prompt_file
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.templates import compile_template
from surefoot.records import Json, digest


def load_prompt(folder: Path, name: str) -> Prompt:
    """The prompt of `<folder>/<name>.prompt.md`, its template parsed once.

    Raises PromptError, with file, line and column as far as they are known, for a file that is missing or
    wrong, whatever bytes it holds.
    """
    source = read_prompt_file(folder, name)
    front, body, body_line = split(source)
    declared = read_declarations(read_yaml(front, file=source.file), name=name, file=source.file)
    template = compile_template(
        SourceFile(file=source.file, text="\n" * (body_line - 1) + body),
        variables=[variable.name for variable in declared.variables],
        read_include=lambda include, place: read_include(folder, include, place),
    )
    contract = _contract(declared)
    return Prompt(
        name=name,
        description=declared.description,
        owners=declared.owners,
        suites=declared.suites,
        model_alias=declared.model_alias,
        sampling=declared.sampling,
        variables=declared.variables,
        budget=declared.budget,
        output_format=declared.output.format,
        output_schema=declared.output.schema,
        digest=digest(_canonical(name, declared, contract, body, template.includes)),
        contract_digest=digest(contract),
        file=source.file,
        files=(f"{name}{PROMPT_SUFFIX}", *(f"_{include}.md" for include in sorted(template.includes))),
        template=template,
    )


def _contract(declared: Declarations) -> dict[str, Json]:
    """What callers must know: the inputs, a short form being the schema it stands for, and the output."""
    inputs: dict[str, Json] = {
        variable.name: PASSAGES if variable.kind == "passages" else variable.schema
        for variable in declared.variables
    }
    return {"input": inputs, "output": {"format": declared.output.format, "schema": declared.output.schema}}


def _canonical(
    name: str,
    declared: Declarations,
    contract: Mapping[str, Json],
    body: str,
    includes: Mapping[str, str],
) -> dict[str, Json]:
    """All that decides the messages and how they are sampled; not the owners, the description, the suites."""
    sampling = declared.sampling
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
        "budget": {"max_prompt_tokens": declared.budget.max_prompt_tokens, "drop": declared.budget.drop},
        "body": body,
        "includes": includes,
    }
