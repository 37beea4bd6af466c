"""`surefoot release where` asks running processes, and says whether all serve what production names."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from tests.cli.trial_project import Served, Trial, free_port
from tests.cli.trial_release import point

from surefoot.releases import Pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Something at an address that is no service of ours; it answers everything with this."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def listening(stranger: Stranger) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(stranger.status)
            for name, value in stranger.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(stranger.body)))
            self.end_headers()
            self.wfile.write(stranger.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def where(trial: Trial, *words: str) -> tuple[int, dict[str, object]]:
    done = trial.run("release", "where", "--json", *words)
    assert "Traceback" not in done.stderr, done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return done.returncode, said


def the_one(said: dict[str, object]) -> dict[str, object]:
    seen = said["seen"]
    assert isinstance(seen, list) and len(seen) == 1
    one: dict[str, object] = seen[0]
    return one


def the_proofs(said: dict[str, object]) -> set[str]:
    seen = said["seen"]
    assert isinstance(seen, list)
    return {one["proof"] for one in seen}


def test_a_process_says_which_release_it_serves(served: Served, first: Pointer) -> None:
    said = httpx.get(served.url + "/v1/releases").json()

    (release,) = said["releases"]
    assert said["process"]["pid"] == served.pid
    assert (release["app"], release["release"], release["receipt"]) == (
        "answers",
        first.release,
        first.receipt,
    )
    assert (release["channel"], release["proven"], release["kind"]) == ("production", True, "founding")
    assert release["since"].endswith("+00:00") and said["held_back"] == [] and said["missing"] == []


def test_it_is_complete_once_the_process_serves_what_production_names(
    trial: Trial, served: Served, first: Pointer, second: Pointer
) -> None:
    code, said = where(trial, served.url)
    assert (code, said["complete"], the_one(said)["serves"]) == (0, True, first.release)

    point(trial.top, second)
    code, said = where(trial, served.url, "--wait", "30")
    assert (code, said["complete"], the_one(said)["serves"]) == (0, True, second.release)


def test_the_table_and_the_sentence_name_the_process_that_lags(trial: Trial, served: Served) -> None:
    silent = f"http://127.0.0.1:{free_port()}"
    done = trial.run("release", "where", served.url, silent)

    assert done.returncode == 2
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(silent)]
    assert line.endswith(" cannot be reached: nothing listens there")
    assert "surefoot serve" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("not known to be complete: 1 of 2 services asked serve ")


def test_a_release_that_is_held_back_is_named_with_its_reason(
    trial: Trial, served: Served, first: Pointer, second: Pointer
) -> None:
    point(trial.top, Pointer(release="5" * 64, receipt="6" * 64))
    code, said = where(trial, served.url, "--wait", "30")

    one = the_one(said)
    assert (code, one["named"], one["serves"]) == (1, "5" * 64, first.release)
    assert str(one["fault"]).startswith("held back: ")


STRANGERS = {
    "another page": (Stranger(status=200, body=b"<html>"), "it answered HTTP 200"),
    "not found": (Stranger(status=404, body=b"{}"), "it has no /v1/releases"),
    "no key": (
        Stranger(status=401, body=b'{"error": {"message": "who are you?"}}'),
        "HTTP 401: who are you?",
    ),
    "a list": (Stranger(status=200, body=b"[1, 2]"), "it answered HTTP 200"),
    "wrong kinds": (
        Stranger(status=200, body=b'{"releases": [1, {"app": 2}]}'),
        "it does not serve this app",
    ),
    "no digest": (
        Stranger(status=200, body=b'{"releases": [{"app": "answers", "release": "\\u001b[31mnew"}]}'),
        "it names no release",
    ),
    "a working tree": (
        Stranger(
            status=200,
            body=json.dumps(
                {"releases": [{"app": "answers", "release": "1" * 64, "channel": "working\x1btree"}]}
            ).encode(),
        ),
        "not production",
    ),
    "another place": (
        Stranger(status=302, body=b"", headers=(("location", "http://[elsewhere"),)),
        "it answered HTTP 302",
    ),
    "no end of brackets": (Stranger(status=200, body=b"[" * 100_000), "it answered HTTP 200"),
    "no gzip": (
        Stranger(status=200, body=b"?", headers=(("content-encoding", "gzip"),)),
        "it answered HTTP 200",
    ),
    "a flood": (Stranger(status=200, body=b" " * 11_000_000), "more than 10,000,000 bytes"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_a_stranger_answers_is_a_row_with_the_reason(trial: Trial, first: Pointer, name: str) -> None:
    stranger, words = STRANGERS[name]
    with listening(stranger) as url:
        done = trial.run("release", "where", url)

    asked = name in ("wrong kinds", "no digest", "a working tree")
    assert done.returncode == (1 if asked else 2) and "Traceback" not in done.stderr
    assert words in done.stdout and "\x1b" not in done.stdout, done.stdout


def test_a_service_that_does_not_answer_is_given_up(trial: Trial, first: Pointer) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        code, said = where(trial, f"http://127.0.0.1:{deaf.getsockname()[1]}")

    assert (code, the_one(said)["asked"]) == (2, False)
    assert the_one(said)["fault"] == "no answer within 5 s"


def test_two_addresses_of_one_process_are_told(trial: Trial, served: Served, first: Pointer) -> None:
    code, said = where(trial, served.url, served.url.replace("127.0.0.1", "localhost"))

    assert code == 0 and the_proofs(said) == {f"receipt {first.proof[:12]}, founding"}
    assert str(said["sentence"]).endswith("; the 2 that answered are one process, so others may be unasked")


def test_what_cannot_be_asked_says_what_to_do(trial: Trial, first: Pointer) -> None:
    assert trial.refused("release", "where", "no address")[0] == 2
    code, words = trial.refused("release", "where", "http://someone:secret@127.0.0.1:1")
    assert code == 2 and "secret" not in words
    assert trial.refused("release", "where", "--app", "nothing")[0] == 2
    (trial.top / "serving/channels/answers/production.toml").unlink()
    code, words = trial.refused("release", "where")
    assert code == 4 and "production names no release of answers yet" in words
