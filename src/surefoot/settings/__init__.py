"""Every knob there is: frozen, read once, handed down."""

from surefoot.settings.knobs import Settings, read_bundle_settings, read_settings, variables
from surefoot.settings.sections import Index

__all__ = ["Index", "Settings", "read_bundle_settings", "read_settings", "variables"]
