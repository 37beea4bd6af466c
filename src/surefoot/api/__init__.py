"""The HTTP service: answers in OpenAI's form and in surefoot's own, feedback, health and metrics."""
