"""Models on this machine: fetch and convert weights, make vLLM's environment, start and stop servers."""

from surefoot.local.progress import Notice, Progress, Report

__all__ = ["Notice", "Progress", "Report"]
