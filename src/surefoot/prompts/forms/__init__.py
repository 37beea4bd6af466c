"""Prompts in the forms of other programs: dotprompt's files, OpenAI's requests, PromptLayer's templates.

Each form is one module with a way out and a way in. Both say what they could not carry over.
"""

from surefoot.prompts.forms.crossing import FORMS, Form, export_prompt, import_prompt
from surefoot.prompts.forms.values import Exported, Imported, Wanted

__all__ = ["FORMS", "Exported", "Form", "Imported", "Wanted", "export_prompt", "import_prompt"]
