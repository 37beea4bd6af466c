"""Where the releases of one deployment are, and which receipts there are for one of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.errors import RefusedError, SettingsError
from surefoot.releases.bundles import ReleaseBundle, find_release, read_release
from surefoot.releases.channels import read_channel
from surefoot.releases.receipts import Receipt, list_receipts, read_receipt
from surefoot.releases.trust import Trust

RELEASES = "releases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The folder `serving/`, which Git has, the state directory, which it has not, and whom to trust."""

    serving: Path
    state: Path
    trust: Trust = field(default_factory=Trust)

    @property
    def promoted(self) -> Path:
        """Where releases are that were promoted."""
        return self.serving / RELEASES

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where to look for a release: among those that were promoted, then among the candidates."""
        return (self.promoted, self.state / RELEASES)

    @property
    def promotion_folders(self) -> tuple[Path, ...]:
        """The folders whose files only promotions and approvals write: no receipt is about these files."""
        return (self.promoted, self.serving / "channels", self.serving / "approvals")

    def find(self, prefix: str) -> ReleaseBundle:
        """The one release whose digest begins like this. Raises NotFoundError."""
        return find_release(self.folders, prefix)

    def in_production(self, app: str) -> ReleaseBundle | None:
        """What production names for an app, whether or not it may serve; None when it names nothing."""
        pointer = read_channel(self.serving, app)
        return None if pointer is None else read_release(self.promoted, pointer.release)

    def folders_of(self, release: str) -> tuple[Path, ...]:
        """The folders of one release, those that there are."""
        return tuple(folder / release for folder in self.folders if (folder / release).is_dir())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A receipt, its name, and the folder it was found in."""

    digest: str
    receipt: Receipt
    folder: Path


def receipts_of(folders: Sequence[Path]) -> tuple[Found, ...]:
    """Every receipt of a release, the newest first. A damaged one is none, and hinders no other."""
    found: dict[str, Found] = {}
    for folder in reversed(folders):
        for digest in list_receipts(folder):
            with suppress(RefusedError, SettingsError):
                found[digest] = Found(digest=digest, receipt=read_receipt(folder, digest), folder=folder)
    return tuple(sorted(found.values(), key=lambda one: (one.receipt.made_at, one.digest), reverse=True))


def newest(found: Sequence[Found], suits: Callable[[Receipt], bool]) -> Found | None:
    """The newest receipt that suits."""
    return next((one for one in found if suits(one.receipt)), None)


def refuse_links(top: Path, path: Path) -> None:
    """RefusedError when `path`, or a folder between it and `top`, is a link: writing would follow it."""
    for place in (path, *path.parents):
        if place == top:
            return
        if place.is_symlink():
            raise RefusedError(
                f"{place} is a link, and nothing is promoted through a link",
                remedy="put a real file or folder in its place",
            )
