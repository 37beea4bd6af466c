"""Surefoot proves each change to a prompt, an index or a model before it serves."""
