"""A run as one file: what a release answered to cases, enough to score it again without model or index.

JSON Lines: a header, a line for each distinct passage, a line for each response. There is one spelling of a
run, so its digest names it, and `from_bytes` takes no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from surefoot.errors import EvaluationError
from surefoot.evals.fault_words import words_of
from surefoot.records import (
    Case,
    Json,
    Manifest,
    NoResponse,
    Passage,
    Responded,
    Response,
    canonical_json,
    digest,
    digest_bytes,
)
from surefoot.records.encoding import from_plain, plain
from surefoot.records.strict_json import parse, shown

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """The responses of one release, each to another case, in the order in which the cases were given.

    `release` and `model` are the manifest's digest and model identity; `fingerprint` is the digest of what
    the model server answered to fixed prompts. `asked` says by case what was asked: the digest of question
    and history, so that a response is not taken for one to a question that has changed since.
    """

    release: str
    model: str
    fingerprint: str
    repeat: int
    asked: Mapping[str, str]
    responses: tuple[Response, ...]

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        cases: Sequence[Case],
        responses: Sequence[Response],
        *,
        fingerprint: str,
        repeat: int = 0,
    ) -> Self:
        """The record of what `ask_cases` gave: one response to each case."""
        return cls(
            release=manifest.digest,
            model=manifest.model,
            fingerprint=fingerprint,
            repeat=repeat,
            asked={case.id: asked_digest(case) for case in cases},
            responses=tuple(responses),
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The run that `to_bytes` wrote. EvaluationError for any other bytes, whatever they are."""
        try:
            run = cls._read(content)
            written = run.to_bytes()
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise _damaged(words_of(error)) from None
        if written != content:
            raise _damaged("it is not spelled as a recorded run is")
        return run

    @classmethod
    def _read(cls, content: bytes) -> Self:
        header, *lines = (_object(line) for line in content.removesuffix(b"\n").split(b"\n"))
        passages: dict[str, Passage] = {}
        asked: dict[str, str] = {}
        responses: list[Response] = []
        for line in lines:
            if "passage" in line:
                passage = from_plain(Passage, line["passage"])
                passages[passage.id] = passage
                continue
            response = _response_of(line, passages)
            asked[response.case] = from_plain(str, line["asked"])
            responses.append(response)
        return cls(
            release=from_plain(str, header["release"]),
            model=from_plain(str, header["model"]),
            fingerprint=from_plain(str, header["fingerprint"]),
            repeat=from_plain(int, header["repeat"]),
            asked=asked,
            responses=tuple(responses),
        )

    def to_bytes(self) -> bytes:
        """The run's file: equal runs give equal bytes. EvaluationError when it contradicts itself."""
        _check(self)
        passages: dict[str, Passage] = {}
        for response in self.responses:
            for passage in response.passages if isinstance(response, Responded) else ():
                if passages.setdefault(passage.id, passage) != passage:
                    raise _damaged(f"two passages have the id {shown(passage.id)}")
        header: Json = {
            "schema": SCHEMA,
            "release": self.release,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "repeat": self.repeat,
        }
        lines = [header, *({"passage": plain(passage)} for passage in passages.values())]
        lines += [_line_of(response, self.asked[response.case]) for response in self.responses]
        return b"".join(canonical_json(line) + b"\n" for line in lines)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        return digest_bytes(self.to_bytes())

    def responses_to(self, cases: Sequence[Case]) -> Mapping[str, Response]:
        """By case, the responses to exactly what these cases ask. A case that has changed since has none."""
        asked = {case.id: asked_digest(case) for case in cases}
        return {
            response.case: response
            for response in self.responses
            if self.asked[response.case] == asked.get(response.case)
        }


def asked_digest(case: Case) -> str:
    """The digest of question and history: equal ones ask the same."""
    return digest(asked_form(case))


def asked_form(case: Case) -> dict[str, Json]:
    """What of a case changes its answer; groups and a planted text only where it has any."""
    asked: dict[str, Json] = {"question": case.question, "history": plain(case.history)}
    if case.groups:
        asked["groups"] = list(case.groups)
    if case.planted:
        asked["planted"] = case.planted
    return asked


def _object(line: bytes) -> dict[str, object]:
    value = parse(line)
    if not isinstance(value, dict):
        raise ValueError(f"a line is {shown(value)}, not an object")
    return value


def _line_of(response: Response, asked: str) -> Json:
    if isinstance(response, NoResponse):
        return {"no_response": plain(response), "asked": asked}
    first = response.first_token_seconds
    return {
        "response": {
            "case": response.case,
            "repeat": response.repeat,
            "text": response.text,
            "finish_reason": response.finish_reason,
            "abstained": response.abstained,
            "passages": [passage.id for passage in response.passages],
            "usage": plain(response.usage),
            # 2 and 2.0 are equal, so they must be spelled alike.
            "first_token_seconds": None if first is None else float(first),
            "total_seconds": float(response.total_seconds),
        },
        "asked": asked,
    }


def _response_of(line: Mapping[str, object], passages: Mapping[str, Passage]) -> Response:
    if "no_response" in line:
        return from_plain(NoResponse, line["no_response"])
    said = line["response"]
    if not isinstance(said, dict):
        raise ValueError(f"a response is {shown(said)}")
    return from_plain(Responded, {**said, "passages": [passages[name] for name in said["passages"]]})


def _check(run: RecordedRun) -> None:
    cases = [response.case for response in run.responses]
    if len(set(cases)) < len(cases):
        raise _damaged("two responses are to one case")
    if set(cases) != set(run.asked):
        raise _damaged("the cases asked are not those that have responses")
    for response in run.responses:
        if response.repeat != run.repeat:
            raise _damaged(f"the response to {shown(response.case)} is of another repeat")


def _damaged(why: str) -> EvaluationError:
    return EvaluationError(
        f"this is no recorded run, or a damaged one: {why}",
        remedy="take the file from where it was recorded, or run the evaluation again",
    )
