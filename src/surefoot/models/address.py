"""Where a model server is, refused early when the address cannot be one, or holds a secret."""

from urllib.parse import urlsplit

from surefoot.errors import SettingsError


def check_address(url: str, *, of: str = "a model server") -> None:
    """Raise SettingsError unless `url` is http or https, names a host and holds no credentials.

    Addresses are repeated in errors, traces and logs, so one with credentials is refused, and not quoted.
    """
    if "@" in url:
        raise SettingsError(
            f"the address of {of} holds an '@', as if a name and a password stood before it",
            remedy="take them out; put the API key in an environment variable, and name that variable "
            "in the setting key_variable",
        )
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        port_is_a_number = False
    if not port_is_a_number or parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"{url!r} is not the address of {of}",
            remedy="give it as http://host:port or https://host/path",
        )
