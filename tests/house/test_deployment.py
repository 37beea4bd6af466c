"""The Dockerfile, the compose file and the alert rules keep the rules that matter."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from tests.house.tree import text

from surefoot.traces.prometheus_metrics import Metrics

_SECRET = re.compile(r"(?i)(password|secret|token|api_key)\w*[ \t]*[=:][ \t]*[\"']?\w{8,}")
_METRIC = re.compile(r"\bsurefoot_[a-z_]+")


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Each instruction with its argument, continued lines joined and comments dropped."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [(word.upper(), rest.strip()) for word, _, rest in pairs]


def dockerfile_faults(dockerfile: str) -> Iterator[str]:
    steps = instructions(dockerfile)
    yield from _image_faults(steps)
    yield from _run_faults(steps)
    last = steps[max(place for place, (word, _) in enumerate(steps) if word == "FROM") :]
    words = dict(last)
    user = words.get("USER", "")
    if not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user):
        yield f"the last stage runs as {user or 'root'!r}: name a numeric user other than 0"
    yield from (f"the last stage has no {word}" for word in ("HEALTHCHECK", "CMD") if word not in words)
    if not words.get("CMD", "[").startswith("["):
        yield "CMD is no list, so a shell would swallow signals"
    if any(tool in argument for word, argument in last if word == "RUN" for tool in ("gcc", "pip install")):
        yield "the last stage builds or installs: do that in an earlier one"


def _image_faults(steps: list[tuple[str, str]]) -> Iterator[str]:
    defaults = dict(argument.split("=", 1) for word, argument in steps if word == "ARG" and "=" in argument)
    for word, argument in steps:
        if word == "ADD":
            yield f"ADD {argument}: use COPY, which neither fetches nor unpacks"
        if word == "FROM":
            image = re.sub(r"\$\{?(\w+)\}?", lambda match: defaults.get(match[1], ""), argument.split()[0])
            yield from image_faults(image)


def image_faults(image: str) -> Iterator[str]:
    _, _, tag = image.rpartition("/")[2].partition(":")
    if not tag or tag == "latest":
        yield f"the image {image!r} names no version"


def _run_faults(steps: list[tuple[str, str]]) -> Iterator[str]:
    for word, argument in steps:
        if word == "RUN" and "apt-get install" in argument:
            if "--no-install-recommends" not in argument:
                yield "apt-get install without --no-install-recommends"
            if "rm -rf /var/lib/apt/lists" not in argument:
                yield "apt's lists stay in the layer"
        if word == "RUN" and "sudo" in argument:
            yield "sudo in a RUN"
        if word in {"ENV", "ARG"} and _SECRET.search(argument):
            yield f"{word} holds what looks like a secret"


def compose_faults(compose: Mapping[str, Mapping[str, Mapping[str, object]]]) -> Iterator[str]:
    for name, service in compose["services"].items():
        yield from (f"{name}: {fault}" for fault in image_faults(str(service.get("image", ""))))
        if not service.get("networks"):
            yield f"{name} is on no network of ours"
        built_here = "build" in service
        if "healthcheck" not in service and not built_here:
            yield f"{name} has no health check"
        if "restart" not in service:
            yield f"{name} does not say when to restart"
        if service.get("privileged"):
            yield f"{name} is privileged"
        ports = service.get("ports", [])
        assert isinstance(ports, list)
        yield from (
            f"{name} publishes {port} to everybody" for port in ports if not port.startswith("127.0.0.1:")
        )
    if not compose["networks"]["inside"].get("internal"):
        yield "the network `inside` reaches out"


def metrics() -> set[str]:
    """Every name a rule may use, as the service's own registry has them."""
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", Metrics(version="0").render().decode(), re.MULTILINE)
    parts = ("_bucket", "_sum", "_count")
    return {name + end for name, kind in kinds for end in (parts if kind == "histogram" else ("",))}


def test_the_dockerfile_keeps_the_rules() -> None:
    assert list(dockerfile_faults(text(Path("Dockerfile")))) == []


def test_the_image_holds_what_the_dockerfile_copies() -> None:
    ignore = text(Path(".dockerignore")).splitlines()
    copied = [
        source
        for word, argument in instructions(text(Path("Dockerfile")))
        if word == "COPY" and not argument.startswith("--from")
        for source in argument.split()[:-1]
    ]
    assert copied and [source for source in copied if f"!{source}" not in ignore] == []


def test_the_compose_file_keeps_the_rules() -> None:
    compose = yaml.safe_load(text(Path("serving/compose.yaml")))
    assert set(compose["services"]) == {"vllm", "index", "service", "prometheus"}
    assert list(compose_faults(compose)) == []
    assert _SECRET.search(text(Path("serving/compose.yaml"))) is None


def test_every_alert_asks_for_metrics_there_are_and_says_what_to_do() -> None:
    rules = text(Path("serving/prometheus-rules.yml"))
    assert set(_METRIC.findall(rules)) - metrics() == set()
    alerts = re.findall(r"alert: (\w+)", rules)
    operate = text(Path("docs/how-to/operate-and-troubleshoot.md"))
    assert alerts and [alert for alert in alerts if f"`{alert}`" not in operate] == []


def test_every_metric_is_in_the_reference() -> None:
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in metrics()}
    reference = set(
        re.findall(r"^\| `(surefoot_\w+)`", text(Path("docs/reference/traces-and-metrics.md")), re.M)
    )
    assert {name for name in families if not name.endswith("_created")} == reference


def test_planted_faults_are_seen() -> None:
    good = text(Path("Dockerfile"))
    for old, new in (
        ("USER 10001:10001", "USER root"),
        ("USER 10001:10001", ""),
        ("HEALTHCHECK", "LABEL"),
        ('CMD ["surefoot", "serve"]', "CMD surefoot serve"),
        ("python:3.11-slim", "python:latest"),
        ("COPY serving", "ADD serving"),
        ("RUN mkdir", "RUN apt-get install -y gcc && mkdir"),
        ("ENV PATH", "ENV API_KEY=abcdefgh123 PATH"),
    ):
        assert old in good and list(dockerfile_faults(good.replace(old, new))), new
    for old, new in (
        (":v0.32.0", ""),
        ('"127.0.0.1:8000:8000"', '"8000:8000"'),
        ("internal: true", "internal: false"),
        ("    restart: unless-stopped\n", ""),
    ):
        compose = text(Path("serving/compose.yaml"))
        assert old in compose and list(compose_faults(yaml.safe_load(compose.replace(old, new)))), new
