"""How good retrieval is, on public questions; `python -m tests.benchmarks.retrieval` runs it."""
