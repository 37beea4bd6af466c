"""What a model server said went wrong, short enough to repeat and without secrets."""

import json

LONGEST_WORDS = 500


def quote(text: str, *, secret: str | None = None) -> str:
    """`text` in quotes, cut to what a message can carry; `secret` is blotted out wherever it is repeated."""
    if secret:
        text = text.replace(secret, "***")
    return repr(text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…")


def words_of(body: bytes, *, secret: str | None = None) -> str:
    """The message in an error's body, quoted without `secret`.

    Knows OpenAI's form {"error": {"message"}}, {"error": text}, {"message"} and FastAPI's {"detail"};
    any other body is quoted as it stands.
    """
    text = body.decode("utf-8", "replace").strip()
    return quote(_message(text) or text or "nothing", secret=secret)


def _message(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    error = value.get("error", value)
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return None
    for key in ("message", "detail"):
        if error.get(key):
            return str(error[key])
    return None
