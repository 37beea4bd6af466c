"""How far a caller's search reaches: by the groups of its key, and narrowed by what it asks for."""

from surefoot.api.authentication import Caller
from surefoot.api.bodies import kind_of, shortened
from surefoot.errors import RequestError
from surefoot.records import Reach

MOST_FILTERS, MOST_VALUES = 20, 100
_FORM = 'send an object such as {"team": "docs", "region": ["eu", "us"]}'


def reach_of(caller: Caller, filters: object, *, param: str) -> Reach:
    """The groups come from who is calling, never from the body. RequestError for filters of another form."""
    return Reach(groups=caller.groups, where=_filters(filters, param))


def extras_of(body: dict[str, object]) -> object:
    """The filters in the field `surefoot` of a chat request; RequestError for anything else in it."""
    extras = body.get("surefoot")
    if extras is None:
        return {}
    if not isinstance(extras, dict):
        raise RequestError(
            f"the field 'surefoot' is {kind_of(extras)}, not an object",
            remedy='send {"filters": {...}}, or leave it out',
            param="surefoot",
        )
    for name in extras:
        if name != "filters":
            raise RequestError(
                f"the field 'surefoot' has no {name!r:.80}",
                remedy="it takes 'filters'; a caller's groups come from its key",
                param=f"surefoot.{name:.60}",
            )
    return extras.get("filters", {})


def _filters(filters: object, param: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(filters, dict):
        raise RequestError(f"the field {param!r} is {kind_of(filters)}", remedy=_FORM, param=param)
    if len(filters) > MOST_FILTERS:
        raise RequestError(
            f"the field {param!r} has {len(filters)} names",
            remedy=f"send {MOST_FILTERS} or fewer",
            param=param,
        )
    return {str(name): _values(value, f"{param}.{name:.60}") for name, value in filters.items()}


def _values(value: object, param: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES or not all(isinstance(one, str) for one in values):
        raise RequestError(
            f"the field {param!r} is {shortened(value)}",
            remedy=f"send a text, or a list of up to {MOST_VALUES} texts",
            param=param,
        )
    return tuple(map(str, values))
