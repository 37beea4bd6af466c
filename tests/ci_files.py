"""What CI files run: each shell line of each job, whatever the host's way to write it."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
TEMPLATES = REPOSITORY / "src" / "surefoot" / "templates" / "ci"
HOSTS = ("github", "gitlab", "jenkins")
_STAGE = re.compile(r"^        stage\('(?P<name>\w+)'\) \{\n(?P<body>.*?)^        \}\n", re.M | re.S)
_SH = re.compile(r"""\bsh (?P<quote>["'])(?P<line>.*?)(?P=quote)(?:$| \}$)""", re.M)
_COMMAND = re.compile(r"(?:^|[;&|{!]|\bdo|\bthen) *(?:python -m )?surefoot (?P<words>[^;&|}\n]*)", re.M)


def jobs(host: str) -> dict[str, tuple[str, ...]]:
    """The shell lines of each of a host's jobs in the templates: `gate`, `comment` and `promote`."""
    if host == "jenkins":
        return jenkins_jobs((TEMPLATES / "Jenkinsfile").read_text())
    if host == "gitlab":
        parsed = yaml.safe_load((TEMPLATES / "gitlab.yml").read_text())
        names = {"gate": "surefoot", "comment": "surefoot-comment", "promote": "surefoot-promote"}
        return {job: gitlab_lines(parsed[name]) for job, name in names.items()}
    files = ("github.yml", "github-comment.yml", "github-promote.yml")
    return {
        job: lines for name in files for job, lines in github_jobs((TEMPLATES / name).read_text()).items()
    }


def github_jobs(workflow: str) -> dict[str, tuple[str, ...]]:
    """The shell text of each step of each job of a workflow."""
    parsed = yaml.safe_load(workflow)
    return {
        name: tuple(step["run"] for step in job["steps"] if "run" in step)
        for name, job in parsed["jobs"].items()
    }


def gitlab_lines(job: Mapping[str, object]) -> tuple[str, ...]:
    """The lines of a job, in the order in which they run."""
    lines: list[str] = []
    for key in ("before_script", "script", "after_script"):
        found = job.get(key, [])
        assert isinstance(found, list)
        lines += found
    return tuple(lines)


def jenkins_jobs(text: str) -> dict[str, tuple[str, ...]]:
    """The `sh` lines of each stage of a declarative pipeline, as this repository writes them."""
    return {
        stage["name"]: tuple(found["line"] for found in _SH.finditer(stage["body"]))
        for stage in _STAGE.finditer(text)
    }


def surefoot_commands(lines: tuple[str, ...]) -> list[list[str]]:
    """The words of every `surefoot` command among shell lines."""
    return [shlex.split(found["words"]) for line in lines for found in _COMMAND.finditer(line)]
