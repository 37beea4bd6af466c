"""Tokens of a conversation where no tokenizer is at hand: an estimate that says it is one."""

import json
from collections.abc import Sequence

from surefoot.records import Message, Tool
from surefoot.records.chat_form import tool_fields

CHARACTERS_PER_TOKEN = 3
TOKENS_PER_MESSAGE = 4


class EstimateTokenCounter:
    """Counts a token for every three characters, and four for each message's frame.

    Three is on the safe side for English (about four) and code; scripts other than Latin take more tokens.
    """

    exact = False

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """About how many tokens `messages` and `tools` take; rather too many than too few."""
        texts = [message.content for message in messages]
        texts += [json.dumps(fields, ensure_ascii=False) for fields in tool_fields(tools)]
        return estimated_tokens(texts)


def estimated_tokens(texts: Sequence[str]) -> int:
    """About how many tokens messages of these texts take; rather too many than too few."""
    return sum(TOKENS_PER_MESSAGE + -(-len(text) // CHARACTERS_PER_TOKEN) for text in texts)
