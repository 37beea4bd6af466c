"""PromptLayer's published OpenAPI document, and what in a call or an answer does not fit it.

The document is the vendor's and is not part of this repository: it is looked for where shared data lies.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from surefoot.records import Json

TOP = Path(__file__).resolve().parents[2]
MISSING = (
    "PromptLayer's OpenAPI document is not here: put it into ../shared/data/promptlayer/openapi.json, or "
    "name the folder above `promptlayer` in SUREFOOT_BENCHMARK_DATA"
)
_DOCUMENT = "urn:promptlayer"

# What does not fit the document in the library's calls or the answers to them, and why that is let pass.
DEVIATIONS: Mapping[str, str] = {
    "201 prompt_version null": "the document's own example of a logged request has null for "
    "`prompt_version`, which its schema does not allow",
}


def document_file() -> Path:
    """Where the document is, or would be."""
    data = os.environ.get("SUREFOOT_BENCHMARK_DATA")
    return (Path(data) if data else TOP.parent / "shared" / "data") / "promptlayer" / "openapi.json"


@cache
def description() -> "Description | None":
    """The document, read once; None where it is not."""
    file = document_file()
    return Description(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json


class Description:
    """Says what does not fit the document; `deviations` collects which of those let pass were used."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._paths = _mapping(document["paths"])
        self._components = _mapping(document["components"])
        resource = DRAFT202012.create_resource(dict(document))
        self._registry = Registry[bool | Mapping[str, Any]]().with_resource(_DOCUMENT, resource)
        self.deviations: set[str] = set()

    def faults_of_call(self, call: Call) -> Iterator[str]:
        """Everything about a call that the document does not have so."""
        body = call.body
        found = self._operation(call.method, call.path)
        if found is None:
            yield f"{call.method} {call.path} is not in the document"
            return
        template, operation = found
        if "X-API-KEY" not in call.headers:
            yield "the header X-API-KEY is missing"
        yield from self._query_faults(operation, call.query)
        if "requestBody" in operation:
            pointer = [template, call.method.lower(), "requestBody", "content", "application/json", "schema"]
            yield from self._faults(pointer, body)
            schema = _mapping(_mapping(_mapping(operation["requestBody"])["content"])["application/json"])
            yield from self._unknown_names(_mapping(schema["schema"]), body)
        elif body is not None:
            yield "it has a body, and the document has none"

    def faults_of_reply(self, method: str, path: str, status: int, body: Json) -> Iterator[str]:
        """Everything about an answer that the document does not have so."""
        found = self._operation(method, path)
        if found is None:
            yield f"{method} {path} is not in the document"
            return
        template, operation = found
        responses = _mapping(operation["responses"])
        if str(status) not in responses:
            yield f"the document has no answer {status} to {method} {template}"
            return
        if path == "/log-request" and status == 201 and isinstance(body, dict) and not body["prompt_version"]:
            self.deviations.add("201 prompt_version null")
            body = {**body, "prompt_version": {"prompt_template": {"type": "chat", "messages": []}}}
        pointer = [template, method.lower(), "responses", str(status)]
        said = _mapping(responses[str(status)])
        if "$ref" in said:
            pointer = str(said["$ref"]).split("/")[1:]
            yield from self._faults_at([*pointer, "content", "application/json", "schema"], body)
        elif "content" in said:
            yield from self._faults([*pointer, "content", "application/json", "schema"], body)

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Json]] | None:
        for template, operations in self._paths.items():
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in _mapping(operations):
                if "{" in template and path in self._paths:
                    continue
                return template, _mapping(_mapping(operations)[method.lower()])
        return None

    def _query_faults(self, operation: Mapping[str, Json], query: Mapping[str, str]) -> Iterator[str]:
        parameters = operation.get("parameters", [])
        assert isinstance(parameters, list)
        known = {
            str(_mapping(one)["name"]): _mapping(one) for one in parameters if _mapping(one)["in"] == "query"
        }
        for name, value in query.items():
            if name not in known:
                yield f"the query has {name!r}, which is not in the document"
                continue
            schema = _mapping(known[name]["schema"])
            read = _query_value(value, schema)
            for error in Draft202012Validator(schema).iter_errors(read):
                yield f"the query's {name}: {error.message}"

    def _unknown_names(self, schema: Mapping[str, Json], body: Json) -> Iterator[str]:
        """Fields of the body's top level that the document does not name: it would let them pass unread."""
        if "$ref" in schema:
            schema = _mapping(_mapping(self._components["schemas"])[str(schema["$ref"]).rpartition("/")[2]])
        if isinstance(body, dict) and "properties" in schema:
            for name in sorted(body.keys() - _mapping(schema["properties"]).keys()):
                yield f"the body has {name!r}, which is not in the document"

    def _faults(self, pointer: list[str], value: Json) -> Iterator[str]:
        yield from self._faults_at(["paths", *pointer], value)

    def _faults_at(self, pointer: list[str], value: Json) -> Iterator[str]:
        escaped = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
        reference = f"{_DOCUMENT}#/{escaped.replace('{', '%7B').replace('}', '%7D')}"
        validator = Draft202012Validator({"$ref": reference}, registry=self._registry)
        for error in validator.iter_errors(value):
            yield f"{'/'.join(map(str, error.absolute_path)) or 'the body'}: {error.message[:300]}"


def _query_value(value: str, schema: Mapping[str, Json]) -> Json:
    if schema.get("type") == "integer" and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _mapping(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, dict), value
    return value
