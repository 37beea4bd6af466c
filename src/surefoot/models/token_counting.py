"""Tokens of a conversation where no tokenizer is at hand: an estimate that says it is one."""

from collections.abc import Sequence

from surefoot.records import Message

CHARACTERS_PER_TOKEN = 3
TOKENS_PER_MESSAGE = 4


class EstimateTokenCounter:
    """Counts a token for every three characters, and four for each message's frame.

    Three is on the safe side for English (about four) and code; scripts other than Latin take more tokens.
    """

    exact = False

    async def count(self, messages: Sequence[Message]) -> int:
        """About how many tokens `messages` take; rather too many than too few."""
        return sum(
            TOKENS_PER_MESSAGE + -(-len(message.content) // CHARACTERS_PER_TOKEN) for message in messages
        )
