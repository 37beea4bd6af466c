"""The door every route but the health checks opens first: who calls, and may they."""

from starlette.requests import Request

from surefoot.api.authentication import Caller, Claim, Right, refuse_foreign_page, require
from surefoot.api.service import Service


async def admit(service: Service, request: Request, *any_of: Right) -> Caller:
    """The caller, who has one of the rights; CredentialError or ForbiddenError otherwise.

    Called before the body is read, so that nobody unknown costs more than their headers.
    """
    claim = Claim(
        authorization=request.headers.get("authorization"),
        host=request.headers.get("host"),
        origin=request.headers.get("origin"),
    )
    if request.method not in ("GET", "HEAD"):
        refuse_foreign_page(claim)
    caller = await service.authenticate.caller(claim)
    require(caller, *any_of)
    return caller
