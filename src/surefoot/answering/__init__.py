"""The one pipeline: retrieve, render, ask, cite."""

from surefoot.answering.admission import Admission
from surefoot.answering.apps import App, ChatModel, Retriever, TokenCounter
from surefoot.answering.parts import Pipeline, Question, Retrieved, SentenceCited, StepsTaken
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
    "SentenceCited",
    "StepsTaken",
    "TokenCounter",
    "answer",
    "whole_answer",
]
