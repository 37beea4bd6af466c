"""What PromptLayer's answers mean for us: try again, mend the key, or let it be. Keys are never repeated."""

from collections.abc import Mapping
from datetime import UTC, datetime

from surefoot.errors import ContentRefusedError, IntegrationError, KeyRefusedError
from surefoot.models.limits import retry_after_seconds
from surefoot.models.server_words import quote, words_of

_MAY_PASS = frozenset({408, 425, 429})
_KEY = frozenset({401, 403})
_LATER = "nothing is lost: it is tried again by itself, or now by `surefoot promptlayer sync`"


def said_no(what: str, status: int, body: bytes, headers: Mapping[str, str], key: str) -> IntegrationError:
    """The error for an answer that is not the expected one."""
    words = _words(body, key)
    message = f"PromptLayer answered {status} when asked to {what}: {words}"
    if status in _KEY:
        return KeyRefusedError(
            message,
            remedy="put a valid key of the right workspace into the environment variable that "
            "promptlayer.key_variable names; what waits is sent then",
        )
    if status in _MAY_PASS or not 400 <= status < 500:
        said = headers.get("Retry-After", headers.get("retry-after"))
        after = retry_after_seconds(said, now=datetime.now(UTC))
        return IntegrationError(message, remedy=_LATER, retry_after_seconds=after)
    return ContentRefusedError(
        message, remedy="it is not tried again as it is; `surefoot promptlayer status` has the reason"
    )


def went_wrong(what: str, error: BaseException, key: str) -> IntegrationError:
    """The error for a connection that was refused, broke, or spoke no HTTP."""
    words = quote(str(error) or type(error).__name__, secret=key)
    return IntegrationError(f"PromptLayer could not be asked to {what}: {words}", remedy=_LATER)


def too_slow(what: str, seconds: float) -> IntegrationError:
    """The error for an answer that did not come in time."""
    return IntegrationError(
        f"PromptLayer did not answer within {seconds:g} s when asked to {what}",
        remedy=f"{_LATER}; promptlayer.deadline_seconds says how long to wait",
    )


def not_done(what: str, but: str, key: str) -> IntegrationError:
    """The error for an answer that says yes, while what was asked for is not so."""
    return IntegrationError(
        f"PromptLayer was asked to {what} and did not refuse, but {but.replace(key, '***')}", remedy=_LATER
    )


def _words(body: bytes, key: str) -> str:
    if body.lstrip()[:1] == b"<":
        return "a page of HTML, as a proxy or gateway sends"
    return words_of(body, secret=key)
