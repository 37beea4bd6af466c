"""Every error surefoot raises on purpose, each with what to do next.

    SurefootError
    ├── InputError                  what was asked for cannot be done as asked          exit 2, HTTP 400
    │   ├── SettingsError           a setting or a file under serving/ is wrong
    │   ├── PromptError             a prompt file is wrong, or its variables are
    │   ├── RequestError            an HTTP request is wrong
    │   │   └── BodyTooLargeError   its body is larger than may be                      HTTP 413
    │   ├── NotFoundError           the thing named is not there                        HTTP 404
    │   ├── CredentialError         no key, or not one we know                          HTTP 401
    │   └── ForbiddenError          a known caller without the right to do this         HTTP 403
    ├── RefusedError                what was not proven may not be promoted or served   exit 4, HTTP 503
    ├── EvaluationError             an evaluation could not be run, or its record is damaged
    ├── SnapshotError               documents, snapshots and search                     HTTP 503
    ├── ModelError                  a model server did not answer as it should          HTTP 502
    │   ├── ModelUnreachableError   nothing is listening, or the connection broke       HTTP 503
    │   ├── ModelTimeoutError       a limit passed: connect, first token, idle, total   HTTP 504
    │   ├── ModelMismatchError      other weights answer than the ones pinned           HTTP 503
    │   └── ModelOutputError        the answer has not the form its prompt declares     HTTP 502
    ├── AppError                    an app's own code failed while it answered
    ├── OverloadError               more requests wait than may                         HTTP 429
    ├── IntegrationError            an outside system did not do as asked: try later   HTTP 502
    │   ├── KeyRefusedError         it does not take our key                        exit 2
    │   └── ContentRefusedError     it will never take this as it is
    ├── ServiceError                a running service was not there, or refused a command
    ├── TraceError                  the trace store cannot be read or written
    └── LocalError                  something this machine was to do failed
        ├── FetchError              weights or an environment could not be brought
        ├── ChecksumError           bytes are not the bytes that were pinned
        ├── ResourceError           too little memory or disk, or a port is taken
        └── ProcessError            a server we started died or never became ready

One class for each *reaction*, not for each message. `exit_code` is what the command line returns and
`http_status` what the service answers. The drawing is held to the classes by a test.
"""

import copyreg


class SurefootError(Exception):
    """Says what went wrong, and in `remedy` what the reader should do next."""

    exit_code = 5
    http_status = 500

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Made again as it is, in another process too: what it needs to be made is more than its message."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class InputError(SurefootError):
    """What was asked for cannot be done as asked."""

    exit_code = 2
    http_status = 400


class SettingsError(InputError):
    """A setting, or a file under `serving/`, is wrong."""


class PromptError(InputError):
    """A prompt file is wrong, or the variables handed to it are.

    `file` is the path as the reader would type it; `line` and `column` count from 1.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        where = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{where}: {message}" if where else message, remedy=remedy)
        self.file = file
        self.line = line
        self.column = column


class RequestError(InputError):
    """An HTTP request is wrong; `param` names the field when one is to blame."""

    def __init__(self, message: str, *, remedy: str, param: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.param = param


class BodyTooLargeError(RequestError):
    """The body of an HTTP request is larger than may be."""

    http_status = 413


class NotFoundError(InputError):
    """The thing named is not there."""

    http_status = 404


class CredentialError(InputError):
    """No key was given, or not one we know."""

    http_status = 401


class ForbiddenError(InputError):
    """A known caller asked for something it has no right to."""

    http_status = 403


class RefusedError(SurefootError):
    """A release may not be promoted or served: its proof is missing, does not hold, or is another one's."""

    exit_code = 4
    http_status = 503


class EvaluationError(SurefootError):
    """An evaluation could not be run, or what it recorded cannot be read."""


class SnapshotError(SurefootError):
    """Documents could not be read, or a snapshot could not be built, opened or searched."""

    http_status = 503


class ModelError(SurefootError):
    """A model server did not answer as it should."""

    http_status = 502


class ModelUnreachableError(ModelError):
    """Nothing is listening at the model's address, or the connection broke."""

    http_status = 503


class ModelTimeoutError(ModelError):
    """A limit passed: connect, first token, idle or total."""

    http_status = 504


class ModelMismatchError(ModelError):
    """Other weights answer than the ones that are pinned."""

    http_status = 503


class ModelOutputError(ModelError):
    """The answer, or a tool call in it, has not the form that its prompt declares."""


class AppError(SurefootError):
    """An app's own code failed while it answered, or did what it may not."""


class OverloadError(SurefootError):
    """More requests wait than may; `retry_after_seconds` says when to come back."""

    http_status = 429

    def __init__(self, message: str, *, remedy: str, retry_after_seconds: int) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds


class IntegrationError(SurefootError):
    """An outside system, such as PromptLayer, did not do as asked; the same may work later.

    `retry_after_seconds` is how long it asked to be left alone, None when it did not say.
    """

    http_status = 502

    def __init__(self, message: str, *, remedy: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds


class KeyRefusedError(IntegrationError):
    """An outside system does not take our key: nothing works there before somebody mends that."""

    exit_code = 2


class ContentRefusedError(IntegrationError):
    """An outside system will never take this as it is; something else may still go through."""


class ServiceError(SurefootError):
    """A running service could not be reached, or refused what a command asked of it."""


class TraceError(SurefootError):
    """The trace store cannot be read or written."""


class LocalError(SurefootError):
    """Something this machine was to do failed."""


class FetchError(LocalError):
    """Weights, or a model server's environment, could not be brought here."""


class ChecksumError(LocalError):
    """Bytes are not the bytes that were pinned."""


class ResourceError(LocalError):
    """Too little memory or disk, or a port is taken."""


class ProcessError(LocalError):
    """A server we started died, or never became ready."""
