"""How fast documents are taken in and searched, beside others; `python -m tests.benchmarks.speed` runs it."""
