"""A gate in which a case, a document, a model or a worker put whatever they like."""

import dataclasses

from tests.reports.examples.gates import failing

from surefoot.records import Evidence, Fact, Message, NoResponse, Passage, Response, Scores, Unscored
from surefoot.reports.gate_report import GateReport


def hostile(text: str) -> GateReport:
    """The failing gate, with this text wherever a case, a document, a model or a worker may put one."""
    made = failing(6)
    receipt = made.receipt
    passage = Passage(id="9" * 64, source=text, start=0, end=len(text), text=text, headings=(text,))

    def spoilt(response: Response) -> Response:
        if isinstance(response, NoResponse):
            return dataclasses.replace(response, kind=text, message=text)
        return dataclasses.replace(response, text=text, finish_reason=text, passages=(passage, passage))

    def unscored(scores: Scores) -> Scores:
        return {
            metric: {
                case: Unscored(reason=text) if isinstance(score, Unscored) else score
                for case, score in by_case.items()
            }
            for metric, by_case in scores.items()
        }

    verdict = receipt.verdict
    verdict = dataclasses.replace(
        verdict,
        reasons=(text,),
        rules=tuple(dataclasses.replace(result, reason=text) for result in verdict.rules),
    )
    return dataclasses.replace(
        made,
        receipt=dataclasses.replace(
            receipt,
            revision=text,
            verdict=verdict,
            candidate_scores=unscored(receipt.candidate_scores),
            baseline_scores=unscored(receipt.baseline_scores or {}),
        ),
        cases={
            name: dataclasses.replace(
                case,
                question=text,
                reference=text,
                facts=tuple(Fact(places=(Evidence(source=text, quote=text),)) for _ in case.facts),
                history=(Message(role="user", content=text),),
            )
            for name, case in made.cases.items()
        },
        candidate={name: spoilt(response) for name, response in made.candidate.items()},
        baseline={name: spoilt(response) for name, response in made.baseline.items()},
        prompt_diff=text,
    )


# What has fooled a renderer before, and any other text.
TRICKS = (
    "</pre></td></table><script>alert(1)</script>",
    "@octocat please, #12 and octo/repo#3, GH-4, fixes #5, !6, ~label",
    "![x](https://example.org/x.png) [y](javascript:alert(1)) <img src=x onerror=alert(1)>",
    "https://example.org www.example.org mailto:a@example.org <https://example.org>",
    "a | b | c\n| --- | --- |\n\n/approve\n\n# heading\n```\nfence\n~~~~",
    "--> <!-- ]]> <![CDATA[ &amp; &#64;octocat \" ' onclick='x'",
    "\x00\x01\x1b[31mred\x1b]0;title\x07\u202e\ud800\ufffe\uffff\u2028\x85",
    "`````` $x$ \\| {{ 7*7 }} {% raw %} [1] [1, 2] [99]",
)
