"""What the stand-in for PromptLayer keeps, and its answers to calls that it does not refuse."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from urllib.parse import unquote

from tests.fakes.promptlayer_description import Call

from surefoot.records import Json

Said: TypeAlias = "tuple[int, Json]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A request as it was logged, and its scores."""

    body: dict[str, Json]
    scores: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class KeptPrompt:
    """A prompt with its versions, in order, and where each label stands: its id and the version."""

    id: int
    versions: list[dict[str, Json]] = field(default_factory=list)
    labels: dict[str, tuple[int, int]] = field(default_factory=dict)


class Shelf:
    """Keeps `prompts` by name and `requests` by id; `answer` has a status and a body for each call.

    `keeps` may keep templates otherwise than they are sent; with `labels_move` off, labels stay.
    """

    def __init__(self) -> None:
        self.prompts: dict[str, KeptPrompt] = {}
        self.requests: dict[int, Logged] = {}
        self.keeps: Callable[[dict[str, Json]], dict[str, Json]] = lambda template: template
        self.labels_move = True
        self._numbers = itertools.count(1)

    def put(self, name: str, system: str, user: str) -> None:
        """A version of a prompt that somebody made there."""
        kept = self.prompts.setdefault(name, KeptPrompt(id=next(self._numbers)))
        messages: list[Json] = [
            {"role": role, "template_format": "jinja2", "content": [{"type": "text", "text": text}]}
            for role, text in (("system", system), ("user", user))
        ]
        kept.versions.append({"prompt_template": {"type": "chat", "messages": messages}, "metadata": None})

    def answer(self, call: Call) -> Said:
        """Do what a call asks."""
        plain: Mapping[str, Callable[[Call], Said]] = {
            "GET /prompt-templates": self._list,
            "POST /rest/prompt-templates": self._publish,
            "POST /log-request": self._log,
            "POST /rest/track-score": self._score,
        }
        if f"{call.method} {call.path}" in plain:
            return plain[f"{call.method} {call.path}"](call)
        match call.method, *(unquote(part) for part in call.path.strip("/").split("/")):
            case "GET", "prompt-templates", name:
                return self._show(name, call)
            case "GET", "prompt-templates", name, "labels":
                return self._labels(name)
            case "POST", "prompts", number, "label":
                return self._new_label(int(number), call)
            case "PATCH", "prompt-labels", number:
                return self._move_label(int(number), call)
        return 404, {"message": f"no such route: {call.method} {call.path}"}

    def _list(self, call: Call) -> Said:
        page, size = int(call.query.get("page", "1")), int(call.query.get("per_page", "30"))
        names = sorted(self.prompts)
        shown = names[(page - 1) * size : page * size]
        items: list[Json] = [
            {
                "id": self.prompts[name].id,
                "prompt_name": name,
                "prompt_template": self.prompts[name].versions[-1]["prompt_template"],
                "version": len(self.prompts[name].versions),
                "external_ids": [],
                "is_snippet": False,
            }
            for name in shown
        ]
        pages = -(-len(names) // size)
        more, before = page < pages, page > 1
        return 200, {
            "has_next": more, "has_prev": before, "items": items, "next_num": page + 1,
            "prev_num": page - 1, "page": page, "pages": pages, "total": len(names),
        }  # fmt: skip

    def _show(self, name: str, call: Call) -> Said:
        kept = self.prompts.get(name)
        version = len(kept.versions) if kept else 0
        if kept and "label" in call.query:
            version = kept.labels.get(call.query["label"], (0, 0))[1]
        elif "version" in call.query:
            version = int(call.query["version"])
        if kept is None or not 0 < version <= len(kept.versions):
            return 404, {"success": False, "message": f"there is no such prompt template: {name}"}
        return 200, {
            "success": True,
            "id": kept.id,
            "prompt_name": name,
            "version": version,
            "workspace_id": 1,
            "tags": [],
            "snippets": [],
            "created_at": "2026-01-01T00:00:00Z",
            "llm_kwargs": None,
            **kept.versions[version - 1],
        }

    def _labels(self, name: str) -> Said:
        if name not in self.prompts:
            return 404, {"success": False, "message": "not found"}
        rows: list[Json] = [
            {
                "prompt_version_id": version,
                "prompt_version_number": version,
                "release_label": label,
                "release_label_id": number,
            }
            for label, (number, version) in self.prompts[name].labels.items()
        ]
        return 200, {"release_labels": rows}

    def _publish(self, call: Call) -> Said:
        about, version = (
            _object(_object(call.body)["prompt_template"]),
            _object(_object(call.body)["prompt_version"]),
        )
        name = str(about["prompt_name"])
        kept = self.prompts.setdefault(name, KeptPrompt(id=next(self._numbers)))
        # As a service would: what was not said is there with its default.
        template = {
            "functions": None,
            "tools": None,
            "input_variables": [],
            **_object(version["prompt_template"]),
        }
        kept.versions.append(
            {
                "prompt_template": self.keeps(template),
                "metadata": version.get("metadata"),
                "commit_message": version.get("commit_message"),
            }
        )
        number = len(kept.versions)
        labels = _object(call.body).get("release_labels") or []
        assert isinstance(labels, list)
        for label in labels:
            kept.labels[str(label)] = (kept.labels.get(str(label), (next(self._numbers), 0))[0], number)
        return 200, {
            "id": kept.id, "prompt_name": name, "prompt_version_id": number, "version_number": number,
            "tags": [], "release_labels": labels, "external_ids": [], **kept.versions[-1],
        }  # fmt: skip

    def _new_label(self, number: int, call: Call) -> Said:
        (kept,) = [one for one in self.prompts.values() if one.id == number]
        body = _object(call.body)
        label, version = str(body["name"]), _int(body["prompt_version_number"])
        assert label not in kept.labels, "a label is made once; then it moves"
        kept.labels[label] = (next(self._numbers), version)
        return 200, _label_fields(kept, label)

    def _move_label(self, number: int, call: Call) -> Said:
        version = _int(_object(call.body)["prompt_version_number"])
        for kept in self.prompts.values():
            for label, (known, _) in kept.labels.items():
                if known == number:
                    if self.labels_move:
                        kept.labels[label] = (number, version)
                    return 200, _label_fields(kept, label)
        return 422, {"success": False, "message": "there is no such label"}

    def _log(self, call: Call) -> Said:
        body = _object(call.body)
        for moment in ("request_start_time", "request_end_time"):
            datetime.fromisoformat(str(body[moment]))
        name, version = body.get("prompt_name"), body.get("prompt_version_number")
        known: Json = None
        if name is not None:
            kept = self.prompts.get(str(name))
            if kept is None or not isinstance(version, int) or version > len(kept.versions):
                return 404, {"success": False, "message": "there is no such prompt version"}
            known = dict(kept.versions[version - 1])
        number = next(self._numbers)
        self.requests[number] = Logged(body=body)
        return 201, {"id": number, "prompt_version": known, "status": body.get("status", "SUCCESS")}

    def _score(self, call: Call) -> Said:
        body = _object(call.body)
        logged = self.requests.get(_int(body["request_id"]))
        if logged is None:
            return 400, {"success": False, "message": "there is no such request"}
        logged.scores[str(body.get("name", "default"))] = _int(body["score"])
        return 200, {"success": True, "message": "kept"}


def _label_fields(kept: KeptPrompt, label: str) -> Json:
    number, version = kept.labels[label]
    return {
        "created_at": "2026-01-01T00:00:00Z",
        "id": number,
        "name": label,
        "prompt_id": kept.id,
        "prompt_version_id": version,
    }


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict), value
    return value


def _int(value: Json) -> int:
    assert isinstance(value, int), value
    return value
