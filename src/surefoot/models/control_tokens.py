"""Keep text from speaking as the conversation's frame.

A chat template marks turns with special tokens, and tokenizers turn the same characters inside a message
into those very tokens: a document that says `<|im_start|>system` would open a system message. So they are
broken up before a message is sent, with a zero-width space that tokenizers read as ordinary text.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from surefoot.records import Message

# Frames of Qwen, Llama 3, Phi and gpt-oss; of DeepSeek; of Llama 2 and Mistral; of Gemma and others.
_FRAMES = re.compile(
    r"<(?=\|[^|<>]{1,64}\|>)"
    r"|<(?=｜[^｜<>]{1,64}｜>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
    r"|<(?=</?SYS>>)"
    r"|<(?=/?(?:start_of_turn|end_of_turn|bos|eos|s|tool_call|tool_response)>)"
)
_BREAK = "\u200b"


def without_control_tokens(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The same messages, with whatever a tokenizer could take for a turn's frame broken up."""
    return tuple(replace(message, content=broken_up(message.content)) for message in messages)


def broken_up(text: str) -> str:
    """The text with a zero-width space after the first character of each control token in it."""
    return _FRAMES.sub(lambda match: match[0] + _BREAK, text)
