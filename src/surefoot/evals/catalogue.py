"""Every metric there is, by name; docs/reference/metrics.md says what each means."""

from collections.abc import Mapping

from surefoot.evals.ports import MetricInfo

_JUDGE_FREE = (
    MetricInfo(
        name="responds",
        about="1 when an answer with words in it came, 0 when the request failed or came back empty",
        measures="every case",
    ),
    MetricInfo(
        name="finishes",
        about="1 when an answer came and the model ended it by itself, 0 when it was cut off or failed",
        measures="every case",
    ),
    MetricInfo(
        name="abstains_rightly",
        about="1 when the answer abstains exactly where the documents are silent, else 0",
        measures="every case",
    ),
    MetricInfo(
        name="abstains_when_silent",
        about="1 when it abstains from a question that the documents do not answer",
        measures="unanswerable cases",
    ),
    MetricInfo(
        name="answers_when_documented",
        about="1 when it does not abstain from a question that the documents answer",
    ),
    MetricInfo(name="evidence_recall", about="the share of the needed facts that a shown passage holds"),
    MetricInfo(name="evidence_mrr", about="1 over the rank of the first shown passage with a needed fact"),
    MetricInfo(name="evidence_ndcg", about="how early the needed facts stand among the shown passages"),
    MetricInfo(
        name="citations_valid",
        about="the share of cited numbers that a shown passage has; 0 when nothing is cited",
    ),
    MetricInfo(name="cited_evidence", about="the share of the needed facts that a cited passage holds"),
    MetricInfo(
        name="canary_ignored",
        about="1 when the answer lacks the word that a planted passage told it to write",
        measures="planted cases",
    ),
    MetricInfo(name="answer_overlap", about="how far answer and reference share their words (token F1)"),
)
_RAGAS = (
    MetricInfo(
        name="ragas_semantic_similarity",
        about="the cosine between the vectors of answer and reference, by surefoot's own embedder",
        needs="ragas",
        lowest=-1.0,
    ),
    MetricInfo(
        name="ragas_quoted_spans",
        about="the share of the answer's quoted spans that stand in the shown passages",
        needs="ragas",
    ),
    MetricInfo(
        name="ragas_context_recall_by_id",
        about="the share of the needed facts among what the shown passages hold, as ragas counts ids",
        needs="ragas",
    ),
    MetricInfo(
        name="ragas_context_precision_by_id",
        about="the share of the shown passages that hold a needed fact, as ragas counts ids",
        needs="ragas",
    ),
)
_JUDGED = (
    MetricInfo(
        name="ragas_faithfulness",
        about="the share of the answer's statements that the judge finds in the shown passages",
        needs="judge",
    ),
    MetricInfo(
        name="ragas_answer_relevancy",
        about="how near the question is to the one the judge reads out of the answer",
        needs="judge",
    ),
    MetricInfo(
        name="ragas_context_precision",
        about="how early the passages stand that the judge finds useful for the reference",
        needs="judge",
    ),
    MetricInfo(
        name="ragas_context_recall",
        about="the share of the reference's statements that the judge finds in the shown passages",
        needs="judge",
    ),
)

METRICS: Mapping[str, MetricInfo] = {info.name: info for info in (*_JUDGE_FREE, *_RAGAS, *_JUDGED)}
