"""Rules for every file: size, words that must not stay, paths of one machine, and files that parse."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import yaml
from tests.house.tree import TOP, files, files_with, text

MOST_LINES = 320
# Spelled in two parts, so that this file keeps its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
ONE_MACHINE = re.compile("(/ho" + r"me/\w+/|/ro" + r"ot/|/Use" + r"rs/\w+/)")
# Not written by us, or not text.
EXEMPT_SUFFIXES = {".lock", ".png", ".parquet", ".onnx"}


def too_long(name: str, content: str) -> Iterator[str]:
    lines = content.count("\n")
    if lines > MOST_LINES:
        yield f"{name} has {lines} lines; {MOST_LINES} are the most: split it by what it does"


def unfinished(name: str, content: str) -> Iterator[str]:
    for number, line in enumerate(content.splitlines(), 1):
        if found := UNFINISHED.search(line):
            yield f"{name}:{number} says {found[0]}: do it now, or file an issue"


def one_machine(name: str, content: str) -> Iterator[str]:
    for number, line in enumerate(content.splitlines(), 1):
        if found := ONE_MACHINE.search(line):
            yield f"{name}:{number} names {found[0]}, a folder of one machine"


def test_no_python_file_is_longer_than_a_sitting() -> None:
    assert [word for file in files_with(".py") for word in too_long(str(file), text(file))] == []


def test_nothing_is_left_unfinished_or_tied_to_one_machine() -> None:
    wrong: list[str] = []
    for file in files():
        if file.suffix not in EXEMPT_SUFFIXES:
            content = text(file)
            wrong += [*unfinished(str(file), content), *one_machine(str(file), content)]
    assert wrong == []


def unreadable(name: str, content: str) -> Iterator[str]:
    read: dict[str, Callable[[str], object]] = {
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".yaml": read_yaml,
        ".yml": read_yaml,
    }
    try:
        read[PurePath(name).suffix](content)
    except (ValueError, yaml.YAMLError) as error:
        yield f"{name} cannot be read: {error}"


def read_yaml(content: str) -> list[object]:
    return list(yaml.safe_load_all(content))


def test_every_toml_yaml_and_json_file_parses() -> None:
    structured = files_with(".toml", ".yaml", ".yml", ".json")
    assert [word for file in structured for word in unreadable(str(file), text(file))] == []


def test_every_script_of_ci_is_executable_and_parses() -> None:
    scripts = [file for file in files() if file.parts[0] == ".ci"]
    assert scripts
    for script in scripts:
        assert (TOP / script).stat().st_mode & 0o111, f"chmod +x {script}"
        parse = ["bash", "-n"] if "bash" in text(script).partition("\n")[0] else [sys.executable, "-m", "ast"]
        parsed = subprocess.run([*parse, TOP / script], capture_output=True, text=True, check=False)
        assert parsed.returncode == 0, parsed.stderr


def pins(lock: str) -> set[str]:
    """Every `name==version` of a lock file, with its marker."""
    return set(re.findall(r"^\S+==[^\\\n]+", lock, re.MULTILINE))


def test_the_development_environment_holds_all_that_serving_needs() -> None:
    runtime, development, build = (
        pins(text(Path(f"requirements{part}.lock"))) for part in ("", "-dev", "-build")
    )
    assert runtime and runtime - development == set()
    names = {pin.partition("==")[0] for pin in development}
    assert {pin for pin in build - development if pin.partition("==")[0] in names} == set()


def test_planted_violations_are_seen() -> None:
    assert list(too_long("a.py", "\n" * 321)) and not list(too_long("a.py", "\n" * 320))
    assert list(unreadable("a.toml", "a = ")) and not list(unreadable("a.toml", "a = 1"))
    assert list(unreadable("a.yaml", "a: [")) and list(unreadable("a.json", "{"))
    assert list(unfinished("a.py", "# TO" + "DO: later")) and not list(unfinished("a.py", "TODOS"))
    assert list(one_machine("a.md", "cd /ho" + "me/anna/surefoot")) and not list(one_machine("a.md", "~/x"))
