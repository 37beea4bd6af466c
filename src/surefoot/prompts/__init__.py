"""Prompt files: read, checked, rendered into messages, and named by the digest of what they mean.

`load` reads a prompt file and its includes; `Prompt.render` makes the messages. Message roles come from the
template's block tags alone, so no text that a template is given can begin a message.
"""

from surefoot.prompts.contracts import ContractChange, compare
from surefoot.prompts.declarations import Budget
from surefoot.prompts.files import prompt_names
from surefoot.prompts.loading import load, load_prompt
from surefoot.prompts.output import json_of, output_fault
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.variables import Trust, Variable

__all__ = [
    "Budget",
    "ContractChange",
    "Prompt",
    "Trust",
    "Variable",
    "compare",
    "json_of",
    "load",
    "load_prompt",
    "output_fault",
    "prompt_names",
]
