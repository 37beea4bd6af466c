"""Who is let in: this machine without a key, or holders of a key, each to what they may do."""

import asyncio
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.api.serving import Options, Running, running_service

from surefoot.api.authentication import Claim, LoopbackCallers
from surefoot.api.keys import HashedKeys, create_key, read_keys
from surefoot.errors import CredentialError, InputError, SettingsError

OPEN = {"/healthz", "/readyz"}
EVERY_ROUTE = [
    ("POST", "/v1/answers"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/releases"),
    ("POST", "/v1/feedback"),
    ("GET", "/v1/passages/handbook/x"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/"),
    ("POST", "/"),
    ("GET", "/traces/x"),
    ("GET", "/passages/handbook/x"),
]


def claim(authorization: str | None = None) -> Claim:
    return Claim(authorization=authorization, host="example.org", origin=None)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    folder = tmp_path_factory.mktemp("keyed")
    create_key(folder / "keys.json", "first", ["ask"])
    keys = HashedKeys(folder / "keys.json")
    with running_service(folder, Options(authenticate=keys)) as running:
        yield running, folder / "keys.json"


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_every_route_but_health_wants_a_key(keyed: tuple[Running, Path], method: str, path: str) -> None:
    client = keyed[0].client
    for headers in ({}, {"Authorization": "Bearer sf_wrong"}, {"Authorization": "Basic !"}):
        response = client.request(method, path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_the_list_of_routes_above_is_whole(running: Running) -> None:
    documented = set(running.client.get("/openapi.json").json()["paths"])

    listed = {path.replace("/handbook/x", "/{app}/{passage_id}") for _, path in EVERY_ROUTE}
    assert documented - OPEN <= listed


def test_health_is_open_to_everybody(keyed: tuple[Running, Path]) -> None:
    assert {keyed[0].client.get(path).status_code for path in OPEN} == {200}


def test_a_key_is_let_in_to_what_its_scopes_say(keyed: tuple[Running, Path]) -> None:
    running, path = keyed
    headers = {"Authorization": f"Bearer {create_key(path, 'asker', ['ask'])}"}

    asked = running.client.post("/v1/answers", json={"question": "How much?"}, headers=headers)
    assert asked.status_code == 200
    assert running.traces()[0].caller == "asker"
    refused = running.client.get("/metrics", headers=headers)
    assert refused.status_code == 403 and "'asker' has the scopes ask" in refused.text
    feedback = {"id": asked.json()["id"], "rating": "up"}
    assert running.client.post("/v1/feedback", json=feedback, headers=headers).status_code == 403
    assert running.client.get("/v1/models", headers=headers).status_code == 200


def test_a_browser_may_send_its_key_as_a_password(keyed: tuple[Running, Path]) -> None:
    running, path = keyed
    key = create_key(path, "reader", ["read", "ask"])

    assert running.client.get("/", auth=("anybody", key)).status_code == 200
    assert running.client.get("/", auth=("anybody", "wrong")).status_code == 401


def test_a_key_that_may_only_ask_sees_nothing_of_what_others_asked(keyed: tuple[Running, Path]) -> None:
    running, path = keyed
    asks, reads = create_key(path, "only asks", ["ask"]), create_key(path, "both", ["ask", "read"])
    others = {"question": "A secret of somebody else?"}
    asked = running.client.post("/v1/answers", json=others, headers={"Authorization": f"Bearer {reads}"})
    release = asked.json()["release"]

    own = running.client.post("/", data={"question": "How much?"}, auth=("me", asks))
    whole = running.client.post("/", data={"question": "How much?"}, auth=("me", reads))

    assert own.status_code == whole.status_code == 200 and "Nine litres" in own.text
    assert "A secret" in whole.text and "Latest questions" in whole.text and "Errors" in whole.text
    for kept in ("A secret", "Latest questions", "How each release did", "Errors"):
        assert kept not in own.text
    assert own.text.count(release[:12]) == 4, "what serves, and what answered this very question"


def test_openais_route_says_an_unknown_key_in_openais_form(keyed: tuple[Running, Path]) -> None:
    error = keyed[0].client.post("/v1/chat/completions", json={}).json()["error"]

    assert error["type"] == "authentication_error" and error["code"] == "invalid_api_key"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_request_for_another_name_is_refused_on_loopback(running: Running, host: str) -> None:
    response = running.client.get("/v1/models", headers={"Host": host})

    assert response.status_code == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "127.9.9.9"])
def test_loopback_names_are_let_in(host: str) -> None:
    seen = Claim(authorization=None, host=host, origin=None)
    caller = asyncio.run(LoopbackCallers(listening_on="127.0.0.1").caller(seen))

    assert caller.id == "loopback" and caller.scopes == ("ask", "feedback", "read")


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_a_service_without_keys_may_listen_on_loopback_alone(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        LoopbackCallers(listening_on=address)
    assert "surefoot key create" in refused.value.remedy


@pytest.mark.parametrize("path", ["/v1/answers", "/v1/chat/completions", "/v1/feedback", "/"])
def test_a_page_of_another_site_cannot_post_through_a_browser(running: Running, path: str) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"):
        response = running.client.post(path, headers={"Origin": origin})
        assert response.status_code == 403, origin


def test_our_own_page_may_post(running: Running) -> None:
    response = running.client.post("/", data={"question": "How much?"}, headers={"Origin": running.url})

    assert response.status_code == 200


def test_the_file_holds_no_key_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = create_key(file, "me", ["read", "ask"], groups=["staff"])

    assert key not in file.read_text() and len(key) == 46
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    caller = asyncio.run(HashedKeys(file).caller(claim(f"Bearer {key}")))
    assert (caller.id, caller.groups, caller.scopes) == ("me", ("staff",), ("ask", "read"))


def test_keys_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    file, names = tmp_path / "keys.json", [f"caller {number}" for number in range(24)]

    with ThreadPoolExecutor(8) as threads:
        secrets = list(threads.map(lambda name: create_key(file, name, ["ask"]), names))

    assert {key.id for key in read_keys(file).keys} == set(names) and len(set(secrets)) == len(names)


def test_an_expired_key_is_refused_and_named(tmp_path: Path) -> None:
    expiry = datetime(2030, 1, 1, tzinfo=UTC)
    key = create_key(tmp_path / "keys.json", "old", ["ask"], expires_at=expiry)
    moment = expiry - timedelta(seconds=1)
    keys = HashedKeys(tmp_path / "keys.json", now=lambda: moment)

    assert asyncio.run(keys.caller(claim(f"Bearer {key}"))).id == "old"
    moment = expiry
    with pytest.raises(CredentialError, match="'old' expired"):
        asyncio.run(keys.caller(claim(f"Bearer {key}")))


def test_a_key_that_is_taken_out_of_the_file_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = create_key(file, "me", ["ask"])
    keys = HashedKeys(file)
    asyncio.run(keys.caller(claim(f"Bearer {key}")))

    for content in ('{"schema": 1, "keys": []}', "broken"):
        file.write_text(content)
        with pytest.raises(CredentialError):
            asyncio.run(keys.caller(claim(f"Bearer {key}")))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"schema": 2}',
        '{"schema": 1, "key": []}',
        '{"schema": 1, "keys": [{"id": "a", "sha256": "short", "scopes": ["ask"]}]}',
        '{"schema": 1, "keys": [{"id": "a", "sha256": "' + "0" * 64 + '", "scopes": ["all"]}]}',
    ],
)
def test_a_wrong_file_of_keys_is_explained(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)

    with pytest.raises(SettingsError, match=r"keys\.json"):
        HashedKeys(tmp_path / "keys.json")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as missing:
        HashedKeys(tmp_path / "keys.json")
    assert "surefoot key create" in missing.value.remedy


@pytest.mark.parametrize(
    ("key_id", "scopes"), [("me", ["ask"]), ("", ["ask"]), ("new", []), ("new", ["ask", "all"])]
)
def test_a_key_that_cannot_be_made_leaves_the_file_as_it_was(
    tmp_path: Path, key_id: str, scopes: list[str]
) -> None:
    create_key(tmp_path / "keys.json", "me", ["ask"])
    before = (tmp_path / "keys.json").read_bytes()

    with pytest.raises(InputError):
        create_key(tmp_path / "keys.json", key_id, scopes)
    assert (tmp_path / "keys.json").read_bytes() == before
    assert len(read_keys(tmp_path / "keys.json").keys) == 1
