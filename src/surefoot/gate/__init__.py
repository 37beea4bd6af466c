"""Decide from scores alone whether a release may replace what serves: no files, no network, no clock.

    verdict = decide(rules, invariants, sheet, strictness)

`deciding` is the order of things and what outweighs what; `readings` turns scores into pairs and bounds what
is missing; `comparison` and `founding` judge one rule; `invariants` what must hold in every case; `intervals`
is the statistics; `sentences` the words. docs/reference/gate.md is the page for a reader of verdicts.
"""

from surefoot.gate.deciding import GATE, decide
from surefoot.gate.sheet import ScoreSheet, Strictness

__all__ = ["GATE", "ScoreSheet", "Strictness", "decide"]
