"""The one pipeline: retrieve, render, ask, cite."""

from surefoot.answering.admission import Admission
from surefoot.answering.apps import App, ChatModel, Retriever, TokenCounter
from surefoot.answering.parts import Pipeline, Question, Retrieved, StepsTaken
from surefoot.answering.pipeline import AnswerPart, answer, whole_answer

__all__ = [
    "Admission",
    "AnswerPart",
    "App",
    "ChatModel",
    "Pipeline",
    "Question",
    "Retrieved",
    "Retriever",
    "StepsTaken",
    "TokenCounter",
    "answer",
    "whole_answer",
]
