"""Whoever holds a signed token is let in as its issuer says, and no token says more than we trust it to."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st
from tests.api.serving import Options, running_service
from typer.testing import CliRunner

from surefoot.api.authentication import Caller, Claim
from surefoot.api.issuers import SignedTokens, add_issuer, read_issuers
from surefoot.api.keys import HashedKeys, create_key
from surefoot.api.token_signatures import public_key
from surefoot.api.tokens import Issuer, caller_of, signed_token
from surefoot.cli import app as commands
from surefoot.errors import CredentialError, InputError, SettingsError
from surefoot.records import Json

NOW = 1_800_000_000
OURS = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
CLAIMS: dict[str, Json] = {
    "iss": "login",
    "aud": "surefoot",
    "sub": "alice",
    "exp": NOW + 60,
    "groups": ["staff", "board"],
}
HEADER: dict[str, Json] = {"alg": "EdDSA", "typ": "JWT"}
Private = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pem_of(key: Private) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def issuer(*keys: Private, groups: tuple[str, ...] | None = None) -> dict[str, Issuer]:
    trusted = Issuer(
        name="login",
        issuer="login",
        audience="surefoot",
        public_keys=tuple(public_key(pem_of(key)) for key in keys or (OURS,)),
        scopes=("ask", "feedback"),
        groups=groups,
    )
    return {"login": trusted}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(*, header: Json = HEADER, sign: Callable[[bytes], bytes] = OURS.sign, **changed: Json) -> str:
    return token_of(changed, header=header, sign=sign)


def token_of(
    changed: Mapping[str, Json], *, header: Json = HEADER, sign: Callable[[bytes], bytes] = OURS.sign
) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encoded(sign(signed.encode()))}"


def refused(presented: str, match: str, issuers: dict[str, Issuer] | None = None) -> None:
    with pytest.raises(CredentialError, match=match) as told:
        caller_of(presented, issuers or issuer(), now=NOW)
    assert told.value.remedy


def test_a_token_says_who_calls_in_which_groups_and_what_they_may_do() -> None:
    caller = caller_of(token(), issuer(), now=NOW)

    assert caller == Caller(id="login:alice", groups=("board", "staff"), scopes=("ask", "feedback"))
    assert caller_of(token(surefoot_scopes=["ask", "read"]), issuer(), now=NOW).scopes == ("ask",)
    assert caller_of(token(groups=None), issuer(), now=NOW).groups == ()
    assert caller_of(token(aud=["other", "surefoot"]), issuer(), now=NOW).id == "login:alice"


def test_an_issuer_vouches_for_its_groups_alone() -> None:
    assert caller_of(token(), issuer(groups=("staff",)), now=NOW).groups == ("staff",)
    assert caller_of(token(), issuer(groups=()), now=NOW).groups == ()


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"exp": NOW}, "expired 0 seconds ago"),
        ({"exp": None}, "until when"),
        ({"exp": str(NOW + 60)}, "until when"),
        ({"exp": True}, "until when"),
        ({"nbf": NOW + 61}, "begins to hold"),
        ({"aud": "other"}, "is for 'other'"),
        ({"aud": None}, "is for None"),
        ({"aud": "surefoot2"}, "this service is 'surefoot'"),
        ({"iss": "evil"}, "issuer 'evil'"),
        ({"iss": ["login"]}, "not one we trust"),
        ({"sub": " "}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": None}, "subject is None"),
        ({"groups": "staff"}, "'groups' is no list"),
        ({"groups": [["staff"]]}, "'groups' is no list"),
        ({"groups": ["g"] * 201}, "'groups' is no list"),
        ({"surefoot_scopes": "ask read"}, "'surefoot_scopes' is no list"),
    ],
)
def test_a_token_that_is_not_for_now_and_for_us_is_refused(changed: dict[str, Json], match: str) -> None:
    refused(token_of(changed), match)


def der_to_raw(signature: bytes) -> bytes:
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32) + s.to_bytes(32)


def test_identity_providers_may_sign_with_rsa_or_p256() -> None:
    for key, algorithm, sign in (
        (RSA, "RS256", lambda text: RSA.sign(text, padding.PKCS1v15(), hashes.SHA256())),
        (P256, "ES256", lambda text: der_to_raw(P256.sign(text, ec.ECDSA(hashes.SHA256())))),
    ):
        signed = token(header={"alg": algorithm}, sign=sign)
        assert caller_of(signed, issuer(OURS, key), now=NOW).id == "login:alice"
        refused(signed, "no key of the issuer 'login' signed it", issuer(OURS))
        refused(token(header={"alg": "EdDSA"}, sign=sign), "signed it", issuer(key))


def test_the_token_has_no_say_in_how_it_is_checked() -> None:
    def with_public_key_as_secret(text: bytes) -> bytes:
        return hmac.digest(pem_of(OURS), text, "sha256")

    refused(token(header={"alg": "none"}, sign=lambda _: b""), "signed it")
    refused(token(header={"alg": "HS256"}, sign=with_public_key_as_secret), "signed it")
    refused(token(header={"alg": "EdDSA", "crit": ["b64"], "b64": False}), "signed it")
    refused(token(header={}), "signed it")
    refused(token(sign=ed25519.Ed25519PrivateKey.generate().sign), "signed it")


def test_a_group_that_is_written_into_a_signed_token_breaks_its_signature() -> None:
    head, claims, signature = token(groups=["guests"]).split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = encoded(json.dumps({**said, "groups": ["board"]}).encode())

    refused(f"{head}.{forged}.{signature}", "signed it")


@given(st.text(alphabet='abcZ019-_=. {}"é\x00', max_size=60))
def test_whatever_is_sent_as_a_token_is_an_explained_refusal(text: str) -> None:
    with pytest.raises(CredentialError):
        caller_of(f"{text}.{text}.{text}", issuer(), now=NOW)


def test_the_file_of_issuers_is_read_anew_and_lets_nobody_in_while_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "issuers.toml"
    add_issuer(file, "login", issuer="login", audience="surefoot", pem=pem_of(OURS), groups=("staff",))
    create_key(tmp_path / "keys.json", "program", ["ask"])
    door = SignedTokens(file, HashedKeys(tmp_path / "keys.json"), now=lambda: NOW)

    def come(presented: str) -> Caller:
        claim = Claim(authorization=f"Bearer {presented}", host="example.org", origin=None)
        return asyncio.run(door.caller(claim))

    assert come(token()).groups == ("staff",)
    assert come(create_key(tmp_path / "keys.json", "other", ["ask"])).id == "other"
    file.write_text("schema = 1\n[issuers.login]\npublic_keys = []\n")
    with pytest.raises(CredentialError):
        come(token())


def test_without_keys_and_without_a_token_nobody_is_let_in_even_on_loopback(tmp_path: Path) -> None:
    add_issuer(tmp_path / "i.toml", "login", issuer="login", audience="surefoot", pem=pem_of(OURS), groups=())
    with running_service(tmp_path, Options(authenticate=SignedTokens(tmp_path / "i.toml", None))) as running:
        ask = {"question": "How much?"}
        for headers in ({}, {"Authorization": "Bearer sf_key"}, {"Authorization": f"Bearer {token(exp=1)}"}):
            assert running.client.post("/v1/answers", json=ask, headers=headers).status_code == 401
        good = {"Authorization": f"Bearer {token(exp=NOW * 2)}"}
        assert running.client.post("/v1/answers", json=ask, headers=good).status_code == 200
        assert running.traces()[0].caller == "login:alice"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "schema is None"),
        ("schema = 1\n", "issuers"),
        ("schema = 1\n[issuers.a]\n", "public_keys is missing"),
        ('schema = 1\n[issuers.a]\npublic_keys = ["x"]\n', "no Ed25519, P-256 or RSA key"),
        ('schema = 1\n[issuers.a]\npublic_keys = ["""PEM"""]\nscopes = ["all"]\n', "scopes is"),
        ('schema = 1\n[issuers.a]\npublic_keys = ["""PEM"""]\nsecret = "x"\n', "no key 'issuers.a.secret'"),
    ],
)
def test_a_wrong_file_of_issuers_is_explained(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "i.toml").write_text(text.replace("PEM", pem_of(OURS).decode()))

    with pytest.raises(SettingsError, match=match):
        read_issuers(tmp_path / "i.toml")


def test_a_weak_key_is_not_trusted_and_a_name_is_taken_once(tmp_path: Path) -> None:
    def add(name: str, key: Private) -> None:
        add_issuer(tmp_path / "i.toml", name, issuer="a", audience="s", pem=pem_of(key), groups=())

    with pytest.raises(SettingsError, match="2048 bits"):
        add("a", rsa.generate_private_key(65537, 1024))
    with pytest.raises(InputError, match="cannot be called"):
        add("A b", OURS)
    add("a", OURS)
    for name in ("a", "b"):
        with pytest.raises(InputError, match="lists an issuer"):
            add(name, OURS)


def test_the_commands_make_an_issuer_and_a_token_it_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "serving").mkdir()
    terminal = CliRunner()
    made = terminal.invoke(commands, ["key", "issuer", "intranet", "--group", "staff"])
    assert made.exit_code == 0, made.output

    printed = terminal.invoke(
        commands, ["key", "token", "bob", "--issuer", "intranet", "--group", "staff", "--group", "board"]
    )
    issuers = read_issuers(tmp_path / ".surefoot" / "issuers.toml")

    caller = caller_of(printed.stdout.strip(), issuers, now=time.time())
    assert caller == Caller(id="intranet:bob", groups=("staff",), scopes=("ask", "feedback"))
    assert signed_token({"a": 1}, OURS.sign).count(".") == 2
