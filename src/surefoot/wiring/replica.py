"""A bundle as a project to serve, for a service that has no repository, no prompts and no Git."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from surefoot.errors import SettingsError, SurefootError
from surefoot.releases.channels import PRODUCTION
from surefoot.releases.oci import Bundle, Layout, unpack_bundle
from surefoot.settings import Settings, read_bundle_settings
from surefoot.wiring.project import Project, open_project, project_with

# A bundle that cannot be laid out is tried again: its blobs may still be on their way.
SECONDS_BETWEEN_TRIES = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A bundle that could not be laid out, and when that was found."""

    bundle: str
    error: SurefootError
    at_seconds: float


class Replica:
    """A bundle that is followed: `project` is that of the bundle which its tag named when last looked.

    Nothing is written into the bundle: it is laid out in the state directory. Settings and models are those
    of the bundle that was there at first, as a service reads them once.
    """

    def __init__(self, layout: Layout, *, here: Path) -> None:
        """Lay out the bundle that is there. Relative paths of the environment start at `here`.

        Raises what `Layout.bundle` and `unpack_bundle` raise, and SettingsError.
        """
        self._layout = layout
        bundle = layout.bundle(PRODUCTION)
        self._settings = _settings_in(layout, bundle, here)
        self._here = here
        self._failed: Failure | None = None
        self._bundle = bundle.digest
        self.project = self._project_of(bundle)

    def follow(self) -> Project:
        """The project to serve now; an error leaves `project` as it was. It may take as long as copying."""
        named = self._layout.digest(PRODUCTION)
        if named == self._bundle:
            return self.project
        failed = self._failed
        if failed and failed.bundle == named and time.monotonic() - failed.at_seconds < SECONDS_BETWEEN_TRIES:
            raise failed.error
        try:
            bundle = self._layout.bundle(PRODUCTION)
            self.project = replace(self._project_of(bundle), models=self.project.models)
        except SurefootError as error:
            self._failed = Failure(bundle=named, error=error, at_seconds=time.monotonic())
            raise
        self._bundle = bundle.digest
        return self.project

    def _project_of(self, bundle: Bundle) -> Project:
        folders = self._settings.folders
        serving = unpack_bundle(
            self._layout, bundle, folder=folders.state / "bundles", snapshots=folders.state / "snapshots"
        )
        laid_out = self._settings.model_copy(
            update={"folders": folders.model_copy(update={"serving": serving})}
        )
        return project_with(self._here, laid_out)


def project_to_serve(top: Path, bundle: Path | None) -> tuple[Project, Callable[[], Project] | None]:
    """The project at `top`, or a bundle as one, with what says which project is to be served later on."""
    if bundle is None:
        return open_project(top), None
    replica = Replica(Layout(path=bundle.expanduser().absolute()), here=Path.cwd())
    return replica.project, replica.follow


def _settings_in(layout: Layout, bundle: Bundle, here: Path) -> Settings:
    """The settings that the bundle brings and the environment overrides."""
    found = bundle.named("settings.toml")
    for file in found:
        layout.check(file)
    written = layout.file(found[0]) if found else None
    settings = read_bundle_settings(written, top=here, bundle=layout.path)
    if settings.serves_unproven:
        raise SettingsError(
            "service.unproven or docs is set, and a bundle has no working tree to serve",
            remedy="unset SUREFOOT_SERVICE_UNPROVEN and SUREFOOT_DOCS, and take them out of the settings",
        )
    return settings
