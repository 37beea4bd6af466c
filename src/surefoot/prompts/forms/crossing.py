"""A prompt to a file of another form's, and such a file's bytes to the text of a prompt file."""

import json
from typing import Literal, cast, get_args

from surefoot.errors import PromptError
from surefoot.prompts.forms.dotprompt import dotprompt_text, from_dotprompt, to_dotprompt
from surefoot.prompts.forms.openai_chat import from_openai, to_openai
from surefoot.prompts.forms.promptlayer import from_promptlayer, to_promptlayer
from surefoot.prompts.forms.values import Imported, Wanted
from surefoot.prompts.prompt import Prompt
from surefoot.records import Json
from surefoot.records.strict_json import parse

Form = Literal["dotprompt", "openai", "promptlayer"]
FORMS: tuple[Form, ...] = get_args(Form)
MOST_BYTES = 1_000_000


def export_prompt(prompt: Prompt, form: Form) -> tuple[str, tuple[str, ...]]:
    """The text of a file of that form, and what it cannot say."""
    if form == "dotprompt":
        exported = to_dotprompt(prompt)
        return dotprompt_text(exported), exported.lost
    exported = to_openai(prompt) if form == "openai" else to_promptlayer(prompt)
    return json.dumps(exported.value, indent=2, ensure_ascii=False) + "\n", exported.lost


def import_prompt(content: bytes, form: Form, wanted: Wanted, *, file: str) -> Imported:
    """A prompt file of a file of that form. PromptError, which names `file`, for what is none."""
    if len(content) > MOST_BYTES:
        raise _not(file, f"it has {len(content):,} bytes, more than {MOST_BYTES:,}", form)
    try:
        if form == "dotprompt":
            return from_dotprompt(_text(content, file), wanted, file=file)
        value = _json(content, file, form)
        if form == "openai":
            return from_openai(value, wanted)
        return from_promptlayer(value if isinstance(value, dict) else {}, name=wanted.name)
    except RecursionError:
        raise _not(file, "it is nested too deeply", form) from None
    except PromptError as error:
        if error.file is not None and error.file != "the text":
            raise
        raise PromptError(error.message, remedy=error.remedy, file=file, line=error.line) from None


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        raise _not(file, f"byte {problem.start} is not UTF-8", "dotprompt") from None


def _json(content: bytes, file: str, form: Form) -> Json:
    try:
        return cast(Json, parse(content))
    except ValueError as problem:
        raise _not(file, str(problem), form) from None


def _not(file: str, why: str, form: Form) -> PromptError:
    return PromptError(why, remedy=f"Give a file in the form of {form}, or another --from.", file=file)
