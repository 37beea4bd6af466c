"""Prompt files: read, checked, rendered into messages, and named by the digest of what they mean.

`load_prompt` reads `<folder>/<name>.prompt.md` and its includes; `Prompt.render` makes the messages. Message
roles come from the template's block tags alone, so no text that a template is given can begin a message.
"""

from surefoot.prompts.declarations import Budget
from surefoot.prompts.loading import load_prompt
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.variables import Variable

__all__ = ["Budget", "Prompt", "Variable", "load_prompt"]
