"""Count tokens as the served model does where it can be reached, and by an estimate where it cannot."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from surefoot.changes.prompt_diff import Counting
from surefoot.errors import SurefootError
from surefoot.models import EstimateTokenCounter, Limits, Retries
from surefoot.models.server_token_counter import ServerTokenCounter
from surefoot.records import Message
from surefoot.wiring.project import Project, secret

# Nobody should wait for a model server that is not there to see how two texts differ.
_QUICKLY = Limits(connect_seconds=1.0, first_token_seconds=5.0, idle_seconds=5.0, total_seconds=10.0)
EXACT, ESTIMATE = "the served model's tokenizer", "an estimate, as no model server that counts could be asked"


@asynccontextmanager
async def counting_of(project: Project) -> AsyncIterator[Counting]:
    """The served model's own counter, if it answers now."""
    chat = project.settings.chat
    try:
        exact = ServerTokenCounter(
            base_url=project.chat_url(),
            model=chat.model or project.chat_identity(),
            limits=_QUICKLY,
            retries=Retries(count=0),
            api_key=secret(chat.key_variable),
        )
    except SurefootError:
        yield Counting(counter=EstimateTokenCounter(), called=ESTIMATE)
        return
    async with aclosing(exact):
        try:
            await exact.count([Message(role="user", content="?")])
        except SurefootError:
            yield Counting(counter=EstimateTokenCounter(), called=ESTIMATE)
            return
        yield Counting(counter=exact, called=EXACT)
