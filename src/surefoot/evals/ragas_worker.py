"""Every metric of ragas that surefoot offers, as `secluded_worker` loads it in ragas's own environment.

Nothing of surefoot is imported here when it runs, and vendors are imported inside functions: importing this
file does nothing. What ragas gets wrong is caught here, or its caller never lets it happen:
docs/decisions/0009-ragas-in-a-worker.md lists it. Not offered, for what ragas makes of a judge's failure in
them: FactualCorrectness, NoiseSensitivity, AspectCritic.
"""

import os
import sys
import types
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.llms.base import InstructorLLM

    from surefoot.evals.secluded_worker import Arguments, Compute, JudgeLine, Request

KEY_VARIABLE = "SUREFOOT_RAGAS_JUDGE_KEY"
MOST_TOKENS = 1024
SEED = 7
# Fields of a judge's answer that say yes or no. ragas takes any whole number for them, and counts 7 as yes.
YES_OR_NO = frozenset({"verdict", "attributed", "noncommittal"})
# How many entries the list must have that the judge is asked for; None where that is for it to say.
ENTRIES: ContextVar[int | None] = ContextVar("ENTRIES", default=None)


class NoScoreError(Exception):
    """There is no score, and the message is the reason."""


def version() -> str:
    """The version of ragas, imported."""
    _stand_in_for_vertexai()
    import ragas

    return str(ragas.__version__)


def make_metrics(
    judge: "JudgeLine | None", seconds: float, current: "Callable[[], Request]"
) -> "dict[str, Compute]":
    """Every metric by surefoot's name for it; those of a judge only where there is one."""
    vectors = _make_vectors(current)
    metrics = _without_judge(vectors)
    if judge is not None:
        metrics |= _with_judge(_make_judge(judge, seconds, current), vectors)
    return metrics


def words_for(error: Exception) -> str:
    """Why there is no score, for a reader."""
    import openai
    from instructor.core.exceptions import IncompleteOutputException, InstructorRetryException

    cause: BaseException = error
    while isinstance(cause, InstructorRetryException) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, openai.APIStatusError):
        return f"the judge answered with status {cause.status_code}: {cause.message}"
    known: dict[type[BaseException], str] = {
        NoScoreError: str(cause),
        openai.APITimeoutError: "the judge took too long to answer",
        openai.APIConnectionError: "the judge cannot be reached",
        IncompleteOutputException: f"the judge's answer was cut off at {MOST_TOKENS} tokens",
    }
    words = (said for kind, said in known.items() if isinstance(cause, kind))
    if isinstance(error, InstructorRetryException):
        name = type(cause).__name__
        return next(words, f"the judge's answer has not the form that was asked for ({name})")
    return next(words, f"ragas failed with {type(cause).__name__}: {cause}")


def _stand_in_for_vertexai() -> None:
    """What langchain-community 0.4.2 dropped; ragas 0.4.3 imports it, and needs it for nothing done here."""
    try:
        import langchain_community.chat_models.vertexai  # type: ignore[import-not-found]  # noqa: F401 - is it there?
    except ModuleNotFoundError:
        name = "langchain_community.chat_models.vertexai"
        module = types.ModuleType(name)
        vars(module)["ChatVertexAI"] = type("ChatVertexAI", (), {})
        sys.modules[name] = module


def _make_vectors(current: "Callable[[], Request]") -> "BaseRagasEmbedding":
    """An embedding model that knows the vectors which the parent sends. Its ways agree, on any loop."""
    from ragas.embeddings.base import BaseRagasEmbedding

    class SentVectors(BaseRagasEmbedding):  # type: ignore[misc]  # ragas is not typed
        def embed_text(self, text: str) -> list[float]:
            return current().vector(text)

        async def aembed_text(self, text: str) -> list[float]:
            return (await current().vectors([text]))[0]

        async def aembed_texts(self, texts: list[str]) -> list[list[float]]:
            return await current().vectors(texts)

    return SentVectors()


def _make_judge(judge: "JudgeLine", seconds: float, current: "Callable[[], Request]") -> "InstructorLLM":
    """The judge: greedy, bound to each answer's JSON Schema, without ragas's cache, its calls counted.

    The provider's name is one that ragas does not know: for "openai" it turns the temperature of a model
    called gpt-5 or o3 to 1, whatever was asked for.
    """
    import instructor
    from openai import AsyncOpenAI
    from ragas.llms.base import InstructorLLM, InstructorModelArgs

    class Judge(InstructorLLM):  # type: ignore[misc]  # ragas is not typed
        async def agenerate(self, prompt: str, response_model: type) -> object:
            answered = await super().agenerate(prompt, _narrowed(response_model, ENTRIES.get()))
            _refuse_unusable(answered.model_dump())
            return answered

    def count_call(**_asked: object) -> None:
        current().calls += 1

    def count_tokens(response: object) -> None:
        usage = getattr(response, "usage", None)
        current().prompt_tokens += getattr(usage, "prompt_tokens", None) or 0
        current().output_tokens += getattr(usage, "completion_tokens", None) or 0

    key = os.environ.get(KEY_VARIABLE) or "none"
    client = instructor.from_openai(
        AsyncOpenAI(base_url=judge["url"], api_key=key, timeout=seconds, max_retries=1),
        mode=instructor.Mode.JSON_SCHEMA,
    )
    client.on("completion:kwargs", count_call)
    client.on("completion:response", count_tokens)
    settings = InstructorModelArgs(temperature=0.0, top_p=1.0, max_tokens=MOST_TOKENS)
    return Judge(client, judge["model"], "any", model_args=settings, cache=None, max_retries=1, seed=SEED)


def _narrowed(form: type, entries: int | None) -> type:
    """The form of an answer with what ragas leaves open: lists of `entries`, or at least one; 0 or 1 for yes.

    A server that is bound to a schema then has no way to say nothing. A small model takes it where it can: in
    compact JSON, an empty list is its likeliest answer.
    """

    class Narrowed(form):  # type: ignore[misc]  # known only when it runs
        @classmethod
        def model_json_schema(cls, *options: object, **named: object) -> dict[str, object]:
            schema: dict[str, object] = super().model_json_schema(*options, **named)
            _narrow(schema, entries)
            return schema

    Narrowed.__name__ = form.__name__
    return Narrowed


def _narrow(schema: object, entries: int | None) -> None:
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "array":
        schema |= {"minItems": 1} if entries is None else {"minItems": entries, "maxItems": entries}
    for name, part in schema.items():
        if name in YES_OR_NO and isinstance(part, dict):
            part["enum"] = [0, 1]
        _narrow(part, entries)


def _refuse_unusable(answered: object) -> None:
    """Raise NoScoreError for an answer that has the form and says nothing: ragas would score it."""
    if isinstance(answered, list):
        for part in answered:
            _refuse_unusable(part)
    elif isinstance(answered, dict):
        for name, value in answered.items():
            if name in YES_OR_NO and value not in (0, 1):
                raise NoScoreError(f"the judge gave {value!r} where 0 or 1 was asked for")
            if name == "question" and not str(value).strip():
                raise NoScoreError("the judge read no question out of the answer")
            _refuse_unusable(value)


def _without_judge(vectors: "BaseRagasEmbedding") -> "dict[str, Compute]":
    from ragas import SingleTurnSample
    from ragas.metrics._context_precision import IDBasedContextPrecision
    from ragas.metrics._context_recall import IDBasedContextRecall
    from ragas.metrics.collections import QuotedSpansAlignment, SemanticSimilarity
    from ragas.metrics.collections.quoted_spans.util import extract_quoted_spans

    similarity, quotes = SemanticSimilarity(embeddings=vectors), QuotedSpansAlignment()
    precision, recall = IDBasedContextPrecision(), IDBasedContextRecall()

    async def semantic_similarity(asked: "Arguments") -> float:
        return float((await similarity.ascore(**asked)).value)

    async def quoted_spans(asked: "Arguments") -> float:
        if not extract_quoted_spans(asked["response"], min_len=quotes.min_span_words):
            # ragas gives 1.0, full marks, to an answer without a single quotation.
            raise NoScoreError(f"the answer quotes nothing of {quotes.min_span_words} words or more")
        return float((await quotes.ascore(**asked)).value)

    async def precision_by_id(asked: "Arguments") -> float:
        return float(await precision.single_turn_ascore(SingleTurnSample(**asked)))

    async def recall_by_id(asked: "Arguments") -> float:
        return float(await recall.single_turn_ascore(SingleTurnSample(**asked)))

    return {
        "ragas_semantic_similarity": semantic_similarity,
        "ragas_quoted_spans": quoted_spans,
        "ragas_context_precision_by_id": precision_by_id,
        "ragas_context_recall_by_id": recall_by_id,
    }


def _with_judge(judge: "InstructorLLM", vectors: "BaseRagasEmbedding") -> "dict[str, Compute]":
    from ragas.metrics.collections import (
        AnswerRelevancy,
        ContextPrecisionWithReference,
        ContextRecall,
        Faithfulness,
    )

    class CountedFaithfulness(Faithfulness):  # type: ignore[misc]  # ragas is not typed
        """ragas gives 1.0 where the judge passes one verdict, a yes, on four statements."""

        async def _create_statements(self, question: str, response: str) -> list[str]:
            statements: list[str] = await super()._create_statements(question, response)
            if not statements:
                raise NoScoreError("the judge read no statements out of the answer")
            return statements

        async def _create_verdicts(self, statements: list[str], context: str) -> object:
            token = ENTRIES.set(len(statements))
            try:
                verdicts = await super()._create_verdicts(statements, context)
            finally:
                ENTRIES.reset(token)
            given, wanted = len(verdicts.statements), len(statements)
            if given != wanted:
                raise NoScoreError(f"the judge gave {given} verdicts on {wanted} statements")
            return verdicts

    chosen = {
        "ragas_faithfulness": CountedFaithfulness(llm=judge),
        # More questions than one would be the same one again: the judge is greedy.
        "ragas_answer_relevancy": AnswerRelevancy(llm=judge, embeddings=vectors, strictness=1),
        "ragas_context_precision": ContextPrecisionWithReference(llm=judge),
        "ragas_context_recall": ContextRecall(llm=judge),
    }

    def computing(name: str) -> "Compute":
        async def compute(asked: "Arguments") -> float:
            return float((await chosen[name].ascore(**asked)).value)

        return compute

    return {name: computing(name) for name in chosen}
