"""What pip's own words are taken for. The lines are pip's, as it wrote them."""

import pytest

from surefoot.errors import ChecksumError, FetchError, LocalError, ResourceError
from surefoot.local.pip_words import lacks_version, pip_error

LACKING = (
    "ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu "
    "(from versions: 2.12.0)",
    "ERROR: No matching distribution found for torch==2.13.0+cpu",
)
DEAD = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after "
    "connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at "
    "0x7f>: Failed to "
    "establish a new connection: [Errno 111] Connection refused')': /simple/torch/",
    *LACKING,
)


@pytest.mark.parametrize(
    ("lines", "kind", "remedy"),
    [
        (LACKING, FetchError, "does not have this version"),
        (DEAD, FetchError, "cannot be reached"),
        (("OSError: [Errno 28] No space left on device",), ResourceError, "free some space"),
        (("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",), ChecksumError, "changed packages"),
        (("/usr/bin/python3: No module named pip",), FetchError, "ensurepip"),
        ((), FetchError, "run it again"),
    ],
)
def test_each_kind_of_failure_has_its_class_and_its_remedy(
    lines: tuple[str, ...], kind: type[LocalError], remedy: str
) -> None:
    error = pip_error("torch", lines)
    assert type(error) is kind
    assert remedy in error.remedy


def test_an_index_that_is_dead_is_not_taken_for_one_that_lacks_a_version() -> None:
    assert lacks_version(LACKING)
    assert not lacks_version(DEAD)


def test_lines_that_tell_nothing_are_left_out() -> None:
    noise = (
        "WARNING: Location 'file:///x/' is ignored: it is neither a file nor a directory.",
        "",
        "[notice] new",
    )
    assert "ignored" not in pip_error("x", (*LACKING, *noise)).message
