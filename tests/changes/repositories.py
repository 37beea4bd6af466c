"""A project of prompts, suites and releases in a real repository, to be changed as people change one."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.releases.repositories import git

from surefoot.prompts import load_prompt
from surefoot.records import Manifest, PinnedPrompt, digest_bytes
from surefoot.releases.bundles import write_release
from surefoot.releases.channels import Pointer, write_channel

PROJECT = Path(__file__).parents[2]
PROMPT = """---
schema: 1
name: {name}
description: Answer from passages
model: {{alias: chat}}
input: {{question: text, passages: passages}}
budget: {{max_prompt_tokens: 500}}
suites: [answers]
---
{{% system %}}
{words}
{{% include "rules" %}}
{{% endsystem %}}
{{% user %}}
{{% for passage in passages %}}
[{{{{ loop.index }}}}] {{{{ passage.text }}}}
{{% endfor %}}
Question: {{{{ question }}}}
{{% enduser %}}
"""
SUITE = """schema = 1
app = "answers"
confidence = 0.95
scored_at_least = 0.97

[[rules]]
metric = "citations_valid"
margin = 0.1
floor = 0.5
"""
APP = """schema = 1
prompt = "{prompt}"
corpus = "papers"
recipe = "default"
model = "chat"
pipeline = "answers"
abstention = "The documents do not say."
example = "At what temperature does valve 3 open?"
"""
CASES = (
    {
        "id": "valve-3",
        "kind": "single",
        "cluster": "valves.md",
        "question": "At what temperature does valve 3 open?",
        "reference": "At 33 degrees.",
        "facts": [[{"source": "valves.md", "quote": "Valve 3 opens at a temperature of 33 degrees."}]],
    },
    {
        "id": "seals",
        "kind": "single",
        "cluster": "seals.txt",
        "question": "Where are the spare seals?",
        "reference": "In the cellar.",
        "facts": [[{"source": "seals.txt", "quote": "Spare seals are kept in the cellar."}]],
    },
    {
        "id": "valve-9",
        "kind": "unanswerable",
        "cluster": "valve 9",
        "question": "At what temperature does valve 9 open?",
        "reference": "The documents do not say.",
        "facts": [],
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project at `top`, the top of a repository or a folder below it."""

    top: Path

    def git(self, *words: str) -> str:
        """What a command of the user's printed, with a fixed author and date."""
        return git(
            self.top,
            *("-c", "user.name=Ada Example", "-c", "user.email=ada@example.org"),
            *words,
            GIT_AUTHOR_DATE="2026-11-20T12:00:00+00:00",
            GIT_COMMITTER_DATE="2026-11-20T12:00:00+00:00",
        )

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self.top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message: str, **files: str) -> str:
        """Commit all there is, after writing the prompts `name=words` into it."""
        for name, words in files.items():
            self.write(f"prompts/{name}.prompt.md", PROMPT.format(name=name, words=words))
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def release(self, receipt: str = "r" * 64, further: Sequence[str] = ()) -> str:
        """Put the working tree's prompt into production, by a proof that is not looked at. Not committed.

        `further` are more prompts that the app's own code reads.
        """
        prompts = self.top / "prompts"
        prompt, *more = (load_prompt(prompts, name) for name in ("answer", *further))
        recipe = (self.top / "serving" / "recipes" / "default.toml").read_bytes()
        manifest = Manifest(
            app="answers",
            pipeline="surefoot.answering/1",
            abstention="The documents do not say.",
            prompt_name="answer",
            prompt=prompt.digest,
            prompts=tuple(PinnedPrompt(use=each.name, name=each.name, digest=each.digest) for each in more),
            recipe=_recipe_digest(self.top),
            snapshot="a" * 64,
            passages="b" * 64,
            embedder="c" * 64,
            model_alias="chat",
            model="d" * 64,
        )
        files = {
            f"prompts/{name}": (prompts / name).read_bytes()
            for each in (prompt, *more)
            for name in each.files
        }
        folder = write_release(self.top / "serving" / "releases", manifest, {"recipe.toml": recipe, **files})
        proof = json.dumps({"suite": "answers", "verdict": {"kind": "comparison", "outcome": "PASS"}})
        digest = digest_bytes(f"{proof}{receipt}".encode())
        (folder / "receipts").mkdir(exist_ok=True)
        (folder / "receipts" / f"{digest}.json").write_text(proof)
        write_channel(self.top / "serving", "answers", Pointer(release=manifest.digest, receipt=digest))
        return manifest.digest


def _recipe_digest(top: Path) -> str:
    from surefoot.retrieval import load_recipe

    return load_recipe(top / "serving" / "recipes" / "default.toml").digest


def new_project(top: Path, below: str = "") -> Project:
    """A project with one prompt in its first commit."""
    top.mkdir(parents=True)
    git(top, "init", "-q", "-b", "main", "--template=")
    project = Project(top=top / below)
    project.write(".gitignore", ".surefoot/\n")
    project.write("prompts/_rules.md", "Be brief.\n")
    project.write("serving/settings.toml", "schema = 1\n[chat]\nport = 1\n")
    project.write("serving/apps/answers.toml", APP.format(prompt="answer"))
    project.write("serving/corpora/papers.toml", 'schema = 1\n[[sources]]\npath = "papers"\n')
    project.write("papers/valves.md", "Valve 3 opens at a temperature of 33 degrees.\n")
    project.write("evals/answers/suite.toml", SUITE)
    project.write("evals/answers/corpus.toml", 'schema = 1\n[[sources]]\npath = "papers"\n')
    project.write("evals/answers/cases.jsonl", "".join(json.dumps(case) + "\n" for case in CASES))
    shutil.copy(PROJECT / "serving" / "models.toml", project.top / "serving")
    shutil.copytree(PROJECT / "serving" / "recipes", project.top / "serving" / "recipes")
    project.commit("Begin", answer="Answer from the passages.")
    return project
