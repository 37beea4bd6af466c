"""The commands and settings there are, as the reference pages must have them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from surefoot.settings import variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command without its leading `surefoot`, and its options and arguments as typed."""

    name: str
    parameters: tuple[str, ...]


def commands() -> tuple[Command, ...]:
    """Every command of the command line that is not hidden."""
    from surefoot.cli import app

    return tuple(_walk("", typer.main.get_command(app)))


def _walk(name: str, command: object) -> Iterator[Command]:
    if isinstance(command, TyperGroup):
        for below, inner in command.commands.items():
            yield from _walk(f"{name} {below}".strip(), inner)
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield Command(name=name, parameters=tuple(map(_typed, command.params)))


def _typed(parameter: object) -> str:
    """A parameter as the reader types it."""
    if isinstance(parameter, TyperArgument):
        return str(parameter.metavar or parameter.name).upper()
    assert isinstance(parameter, TyperOption)
    return max(parameter.opts, key=len)


def setting_rows() -> tuple[str, ...]:
    """Each setting as its row in the reference: key, variable, default, meaning."""
    rows = []
    for variable, field in variables():
        section, _, key = variable.removeprefix("SUREFOOT_").lower().partition("_")
        name = f"{section}.{key}" if key else section
        default = field.get_default(call_default_factory=True)
        rows.append(f"| `{name}` | `{variable}` | {_shown(default)} | {field.description} |")
    return tuple(rows)


def _shown(default: object) -> str:
    if default is None or default == {}:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{', '.join(map(str, default))}`"
    return f"`{default}`" if not isinstance(default, Path) else f"`{default.as_posix()}`"


def routes_in(source: str) -> set[str]:
    """The routes that a file of `api` declares on its router, as "GET /path"."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        f"{call.func.attr.upper()} {_path(call.args[0], constants)}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"get", "post", "put", "delete"}
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "router"
    }


def _path(argument: ast.expr, constants: Mapping[str, object]) -> object:
    if isinstance(argument, ast.Name):
        return constants[argument.id]
    assert isinstance(argument, ast.Constant)
    return argument.value
