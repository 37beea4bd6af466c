"""PromptLayer over HTTP, for what its library has no call for, or one that hides what went wrong.

Labels have no call there. Reading has one that tries four times over 14 seconds, and one that returns the
names of a page without saying whether there are more. The one for scores tries as often, sends the key in the
body to a route that is not documented, and takes any answer of status 200 for a yes.
"""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp

from surefoot.integrations.promptlayer.answers import not_done, said_no, too_slow, went_wrong
from surefoot.integrations.promptlayer.ports import Kept, Label
from surefoot.records import Json

_PER_PAGE = 100
_MOST_PAGES = 1000


class PromptLayerRest:
    """Reads prompts, moves labels, keeps scores; each call within `deadline_seconds`. Use `async with`."""

    def __init__(self, *, url: str, api_key: str, deadline_seconds: float) -> None:
        self._url = url.rstrip("/")
        self._key = api_key
        self._deadline_seconds = deadline_seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every socket."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def find(self, name: str, *, version: int | None = None, label: str | None = None) -> Kept | None:
        """A version, by its number or its label, else the latest; None when there is none."""
        what = f"show the prompt {name!r}"
        chosen = {"version": version, "label": label}
        query = {key: str(value) for key, value in chosen.items() if value is not None}
        said = await self._call(
            what, "GET", f"/prompt-templates/{_part(name)}", query=query, absent_is_none=True
        )
        if said is None:
            return None
        try:
            return _kept(_object(said))
        except (KeyError, TypeError, ValueError):
            raise self._strange(what, said) from None

    async def labels(self, name: str) -> tuple[Label, ...]:
        """Where each release label of a prompt stands; none for a prompt that is not there."""
        what = f"list the labels of {name!r}"
        path = f"/prompt-templates/{_part(name)}/labels"
        said = await self._call(what, "GET", path, absent_is_none=True)
        if said is None:
            return ()
        try:
            rows = [_object(row) for row in _list(_object(said)["release_labels"])]
            return tuple(
                Label(
                    id=_number(row["release_label_id"]),
                    name=str(row["release_label"]),
                    version=_number(row["prompt_version_number"]),
                )
                for row in rows
            )
        except (KeyError, TypeError, ValueError):
            raise self._strange(what, said) from None

    async def put_label(self, kept: Kept, label: str) -> None:
        """Let the label stand at this version, whether or not it stood somewhere before."""
        there = {one.name: one for one in await self.labels(kept.name)}
        what = f"put the label {label!r} at version {kept.version} of {kept.name!r}"
        body: dict[str, Json] = {"prompt_version_number": kept.version}
        if label not in there:
            path = f"/prompts/{kept.prompt_id}/label"
            await self._call(what, "POST", path, body={**body, "name": label})
        elif there[label].version != kept.version:
            await self._call(what, "PATCH", f"/prompt-labels/{there[label].id}", body=body)
        else:
            return
        stands = {one.name: one.version for one in await self.labels(kept.name)}.get(label)
        if stands != kept.version:
            where = "nowhere" if stands is None else f"at version {stands}"
            raise not_done(what, f"the label stands {where} still; it may be protected there", self._key)

    async def score(self, request_id: int, name: str, value: int) -> None:
        """Give a logged request a score from 0 to 100."""
        what = "keep a score"
        body: dict[str, Json] = {"request_id": request_id, "score": value, "name": name}
        said = await self._call(what, "POST", "/rest/track-score", body=body)
        if not isinstance(said, dict) or said.get("success") is not True:
            raise self._strange(what, said)

    async def names(self) -> tuple[str, ...]:
        """Every prompt's name, snippets left out."""
        what = "list the prompts"
        found: list[str] = []
        for page in range(1, _MOST_PAGES + 1):
            query = {"page": str(page), "per_page": str(_PER_PAGE), "is_snippet": "false"}
            said = await self._call(what, "GET", "/prompt-templates", query=query)
            try:
                fields = _object(said)
                found += [str(_object(item)["prompt_name"]) for item in _list(fields["items"])]
                more = fields["has_next"]
            except (KeyError, TypeError, ValueError):
                raise self._strange(what, said) from None
            if not more:
                break
        return tuple(found)

    async def _call(
        self,
        what: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json = None,
        absent_is_none: bool = False,
    ) -> Json:
        if self._session is None:
            headers = {"X-API-KEY": self._key, "User-Agent": "surefoot"}
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(headers=headers, cookie_jar=jar, trust_env=True)
        try:
            async with (
                asyncio.timeout(self._deadline_seconds),
                self._session.request(
                    method, self._url + path, params=query, json=body, allow_redirects=False
                ) as reply,
            ):
                status, headers_said, content = reply.status, dict(reply.headers), await reply.read()
        except TimeoutError:
            raise too_slow(what, self._deadline_seconds) from None
        except aiohttp.ClientError as error:
            raise went_wrong(what, error, self._key) from None
        if status == 404 and absent_is_none:
            return None
        if status not in (200, 201):
            raise said_no(what, status, content, headers_said, self._key)
        try:
            value: Json = json.loads(content)
        except ValueError:
            raise self._strange(what, content.decode("utf-8", "replace")) from None
        if isinstance(value, dict) and value.get("success") is False:
            raise self._strange(what, value)
        return value

    def _strange(self, what: str, said: Json) -> Exception:
        return not_done(
            what, f"its answer is not what its description says: {json.dumps(said)[:300]}", self._key
        )


def _part(name: str) -> str:
    return quote(name, safe="")


def _kept(fields: Mapping[str, Json]) -> Kept:
    metadata = fields.get("metadata")
    return Kept(
        prompt_id=_number(fields["id"]),
        name=str(fields["prompt_name"]),
        version=_number(fields["version"]),
        template=_object(fields["prompt_template"]),
        metadata={} if metadata is None else _object(metadata),
        snippets=tuple(str(_object(one)["prompt_name"]) for one in _list(fields.get("snippets") or [])),
    )


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _number(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value
