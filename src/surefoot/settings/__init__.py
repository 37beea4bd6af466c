"""Every knob there is: frozen, read once, handed down."""

from surefoot.settings.knobs import Settings, read_bundle_settings, read_settings, variables

__all__ = ["Settings", "read_bundle_settings", "read_settings", "variables"]
