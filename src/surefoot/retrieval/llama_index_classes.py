"""A class of LlamaIndex's by its name, made with the options that a recipe gives it."""

import importlib
from collections.abc import Mapping
from typing import TypeVar

from surefoot.errors import SettingsError
from surefoot.retrieval.recipes import Named

Made = TypeVar("Made")


def class_named(named: Named, kind: type[Made]) -> type[Made]:
    """The class. SettingsError where it is not there, or is of another kind."""
    module, _, name = named.what.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise SettingsError(
            f"the recipe's class {named.what!r} is not there: {problem}",
            remedy=f"pip install the package of {module}, or name another",
        ) from problem
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise SettingsError(
            f"the recipe's class {named.what!r} is no {kind.__name__}",
            remedy=f"name a class below llama_index that is a {kind.__name__}",
        )
    return found


def made(named: Named, kind: type[Made], given: Mapping[str, object]) -> Made:
    """One of it, with the recipe's options and what is `given` beside. SettingsError for wrong options."""
    cls = class_named(named, kind)
    try:
        return cls(**{**given, **dict(named.options)})
    except Exception as problem:
        raise SettingsError(
            f"the recipe's class {named.what!r} takes no such options: {problem}"[:300],
            remedy="correct its `options`",
        ) from problem
