"""What an app pins, as one content-addressed manifest."""

from surefoot.releases.apps import PIPELINES, AppFile, Parts, load_app, load_apps, manifest_of

__all__ = ["PIPELINES", "AppFile", "Parts", "load_app", "load_apps", "manifest_of"]
