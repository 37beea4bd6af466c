"""Which files a bundle may hold, by name: those of a `serving/` folder that serving takes, and snapshots.

settings.toml, models.toml, apps/<app>.toml, channels/<app>/<channel>.toml
releases/<sha256>/...       as under serving/releases/
approvals/...               as under serving/approvals/
snapshots/<sha256>/...      as in the state directory
"""

import re
from collections.abc import Collection, Iterable, Mapping

from surefoot.errors import RefusedError
from surefoot.releases.app_code import is_code_file

RELEASES, SNAPSHOTS, CHANNELS, APPS, APPROVALS = "releases", "snapshots", "channels", "apps", "approvals"
SETTINGS, MODELS = "settings.toml", "models.toml"
# Files that are read whole: all but recorded responses and what snapshots are made of.
MOST_SMALL_BYTES = 50_000_000
MOST_SMALL_BYTES_TOGETHER = 500_000_000

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_DIGEST = r"[0-9a-f]{64}"
_PART = r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,127}"
_PROMPT = r"(?:_[a-z0-9][a-z0-9_-]*|[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)?\.prompt)\.md"
_RELEASE = rf"{RELEASES}/{_DIGEST}"
_KNOWN = re.compile(
    rf"{re.escape(SETTINGS)}|{re.escape(MODELS)}|{APPS}/{_NAME}\.toml|{CHANNELS}/{_NAME}/{_NAME}\.toml"
    rf"|{_RELEASE}/(?:manifest\.json|recipe\.toml|prompts/{_PROMPT}|runs/{_DIGEST}\.jsonl"
    rf"|(?:receipts|break-glass)/{_DIGEST}\.(?:json|sig))"
    rf"|{APPROVALS}/{_PART}(?:/{_PART}){{0,2}}"
    rf"|{SNAPSHOTS}/{_DIGEST}/{_PART}(?:/{_PART}){{0,3}}"
)
_CODE = re.compile(rf"{_RELEASE}/code/(?P<file>.+)", re.DOTALL)


def is_bundle_name(name: str) -> bool:
    """Whether a bundle may hold a file of this name. No such name leads out of a folder."""
    code = _CODE.fullmatch(name)
    return is_code_file(code["file"]) if code else _KNOWN.fullmatch(name) is not None


def refuse_contents(channel: str, releases: Mapping[str, str], sizes: Mapping[str, int]) -> None:
    """RefusedError for files, here with their sizes, that are not what these releases take.

    Nothing has been written then: a bundle is refused before any of its bytes are looked at.
    """
    for name, size in sizes.items():
        if not is_bundle_name(name):
            raise _refused(f"a bundle has no file {name!r}")
        if is_small(name) and size > MOST_SMALL_BYTES:
            raise _refused(f"{name!r} has {size} bytes; {MOST_SMALL_BYTES} are the most")
    if sum(size for name, size in sizes.items() if is_small(name)) > MOST_SMALL_BYTES_TOGETHER:
        raise _refused(f"its files beside snapshots have more than {MOST_SMALL_BYTES_TOGETHER} bytes")
    if inside := set(_folders(sizes)) & sizes.keys():
        raise _refused(f"{min(inside)!r} is both a file and a folder of a bundle")
    _refuse_roles(channel, releases, sizes.keys())


def is_small(name: str) -> bool:
    """Whether a file is read whole; of a snapshot's files that is its manifest alone, and no recorded run."""
    if name.startswith(f"{SNAPSHOTS}/"):
        return name.count("/") == 2 and name.endswith("/manifest.json")
    return not name.endswith(".jsonl")


def second_parts(names: Iterable[str], kind: str) -> set[str]:
    """What follows `kind/` in the names that begin so: digests of releases, or of snapshots."""
    return {name.split("/")[1] for name in names if name.startswith(f"{kind}/")}


def _refuse_roles(channel: str, releases: Mapping[str, str], names: Collection[str]) -> None:
    """Every file has a use, and what each app needs is there."""
    needed = {MODELS}
    for app in releases:
        needed |= {f"{APPS}/{app}.toml", f"{CHANNELS}/{app}/{channel}.toml"}
    if missing := needed - set(names):
        raise _refused(f"the bundle has no {min(missing)!r}")
    folders = (f"{RELEASES}/", f"{APPROVALS}/", f"{SNAPSHOTS}/")
    if useless := {name for name in set(names) - needed - {SETTINGS} if not name.startswith(folders)}:
        raise _refused(f"{min(useless)!r} belongs to no release of the bundle")
    for kind in (RELEASES, APPROVALS):
        if others := second_parts(names, kind) - set(releases.values()):
            raise _refused(f"{kind}/{min(others)} belongs to no release of the bundle")


def _folders(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        parts = name.split("/")
        yield from ("/".join(parts[:count]) for count in range(1, len(parts)))


def _refused(why: str) -> RefusedError:
    return RefusedError(why, remedy="pack it again with `surefoot release pack`; nothing was written")
