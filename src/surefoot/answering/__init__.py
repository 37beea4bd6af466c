"""The one pipeline: retrieve, render, ask, cite."""

from surefoot.answering.admission import Admission
from surefoot.answering.apps import App, ChatModel, Question, Retriever, TokenCounter
from surefoot.answering.pipeline import AnswerPart, Retrieved, answer, whole_answer

__all__ = [
    "Admission",
    "AnswerPart",
    "App",
    "ChatModel",
    "Question",
    "Retrieved",
    "Retriever",
    "TokenCounter",
    "answer",
    "whole_answer",
]
