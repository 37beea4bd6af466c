"""Prompts and requests as tests send them to PromptLayer."""

from dataclasses import replace

from tests.traces.examples import ANSWER, NOON, PINS

from surefoot.integrations.promptlayer.entries import to_log
from surefoot.integrations.promptlayer.mirroring import DIGEST
from surefoot.integrations.promptlayer.ports import LoggedRequest, Publication
from surefoot.records import Trace

TRACE = Trace(
    id="ans-1",
    started_at=NOON,
    route="/v1/answers",
    caller="anna",
    question=ANSWER.question,
    pins=PINS,
    outcome=ANSWER,
)


def trace(number: int = 1) -> Trace:
    return replace(TRACE, id=f"ans-{number}")


def logged(number: int = 1, *, content: bool = False) -> LoggedRequest:
    request = to_log(trace(number), content=content)
    assert request is not None
    return request


def publication(words: str = "Answer.", *, name: str = "answer", digest: str = PINS.prompt) -> Publication:
    return Publication(
        name=name,
        template={
            "type": "chat",
            "messages": [
                {
                    "role": "system",
                    "template_format": "jinja2",
                    "content": [{"type": "text", "text": words}],
                },
                {
                    "role": "user",
                    "template_format": "jinja2",
                    "content": [{"type": "text", "text": "{{ question }}"}],
                },
            ],
        },
        metadata={
            "model": {"provider": "openai", "name": "chat", "parameters": {"temperature": 0.0}},
            DIGEST: digest,
        },
        commit_message="surefoot: a test",
    )
