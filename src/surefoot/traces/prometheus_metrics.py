"""What Prometheus scrapes: how requests go, per app, release and prompt, and how loaded the service is.

`release` and `prompt` are the first 12 hex digits of their digests: enough to `grep` for, short enough to
read; `surefoot_release_info` carries them whole. Plain chat has the app "plain-chat" and "none" for both.
To bound the number of series, only the `releases_kept` latest used releases of each app have any: an older
one's disappear, and start from 0 should it answer again, which Prometheus takes for a restart.

Buckets: first token and queue are vLLM's `time_to_first_token_seconds`, total vLLM's
`e2e_request_latency_seconds`, retrieval OpenTelemetry's `gen_ai.server.time_to_first_token`; the speed's
are the inverse of OpenTelemetry's `time_per_output_token`, rounded. This is the only file that imports
prometheus_client; the registry is its own, never the global one.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from surefoot.records import Pins, Scored, Trace
from surefoot.traces.outline import Outline, outline

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DIGITS = 12

_WAIT_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0),
)
_TOTAL_BUCKETS = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0),
    *(15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0),
)
_RETRIEVAL_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
_SPEED_BUCKETS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 5.0, 7.0, 10.0, 13.0, 20.0, 40.0, 100.0, 200.0)
_SCORE_BUCKETS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

_WHOSE = ("app", "release", "prompt")


class Metrics:
    """Counts and measures of the service. `observe` each trace; the setters keep the gauges true.

    All methods are quick and none blocks; they may be called from any thread.
    """

    content_type = CONTENT_TYPE

    def __init__(self, *, version: str, releases_kept: int = 5) -> None:
        self._registry = CollectorRegistry()
        self._releases_kept = releases_kept
        self._known: dict[str, OrderedDict[str, None]] = {}
        self._dropped_seen = 0
        self._promptlayer_seen = (0, 0)

        self._requests = self._counter(
            "requests", "Requests by how they ended", (*_WHOSE, "outcome", "error")
        )
        self._first_token = self._histogram(
            "first_token_seconds", "From arrival to the first token", _WAIT_BUCKETS
        )
        self._total = self._histogram("total_seconds", "From arrival to the end of an answer", _TOTAL_BUCKETS)
        self._queue = self._histogram("queue_seconds", "Waiting to be let in", _WAIT_BUCKETS)
        self._retrieval = self._histogram("retrieval_seconds", "Finding passages", _RETRIEVAL_BUCKETS)
        self._speed = self._histogram(
            "output_tokens_per_second", "Tokens a second after the first, in one answer", _SPEED_BUCKETS
        )
        self._score = self._histogram(
            "score", "Judge-free scores of answers", _SCORE_BUCKETS, labels=(*_WHOSE, "score")
        )
        self._unscored = self._counter("unscored", "Answers a score could not measure", (*_WHOSE, "score"))
        self._prompt_tokens = self._counter("prompt_tokens", "Tokens sent to the model", _WHOSE)
        self._output_tokens = self._counter("output_tokens", "Tokens the model answered with", _WHOSE)
        self._per_release: tuple[Counter | Histogram, ...] = (
            *(self._requests, self._first_token, self._total, self._queue, self._retrieval, self._speed),
            *(self._score, self._unscored, self._prompt_tokens, self._output_tokens),
        )

        self._running = self._gauge("requests_running", "Requests being answered")
        self._waiting = self._gauge("requests_waiting", "Requests waiting to be let in")
        self._traces_waiting = self._gauge("traces_waiting", "Traces not yet in the store")
        self._traces_dropped = self._counter("traces_dropped", "Traces lost, as the queue was full", ())
        self._promptlayer_backlog = self._gauge("promptlayer_backlog", "What waits for PromptLayer")
        self._promptlayer_sent = self._counter("promptlayer_sent", "Requests logged at PromptLayer", ())
        self._promptlayer_dropped = self._counter(
            "promptlayer_dropped", "Requests that PromptLayer will never get", ()
        )
        self._model_ready = self._gauge("model_ready", "1 when the pinned model answers", ("model_alias",))
        self._release_info = self._gauge(
            "release_info",
            "What serves, by whole digests; always 1",
            ("app", "release", "prompt_name", "prompt", "snapshot", "model_alias", "model", "channel"),
        )
        self._held_back = self._gauge(
            "release_held_back", "1 while what production names does not serve", ("app", "release")
        )
        self._unproven = self._gauge(
            "release_unproven", "1 while what serves is proven by no receipt", ("app", "release")
        )
        self._gauge("build_info", "The version of surefoot; always 1", ("version",)).labels(version).set(1)

    def observe(self, trace: Trace) -> None:
        """Count and measure one request that has ended."""
        short = outline(trace)
        whose = self._whose(short)
        self._requests.labels(*whose, short.ending, short.failure_kind or "").inc()
        if short.ending == "failed":
            return
        self._total.labels(*whose).observe(short.total_seconds)
        for histogram, value in (
            (self._first_token, short.first_token_seconds),
            (self._queue, short.queue_seconds),
            (self._retrieval, short.retrieval_seconds),
            (self._speed, short.output_tokens_per_second),
        ):
            if value is not None:
                histogram.labels(*whose).observe(value)
        self._prompt_tokens.labels(*whose).inc(short.prompt_tokens or 0)
        self._output_tokens.labels(*whose).inc(short.output_tokens or 0)
        for name, score in short.scores.items():
            if isinstance(score, Scored):
                self._score.labels(*whose, name).observe(score.value)
            else:
                self._unscored.labels(*whose, name).inc()

    def set_load(self, *, running: int, waiting: int) -> None:
        """How many requests are being answered now, and how many wait."""
        self._running.set(running)
        self._waiting.set(waiting)

    def set_traces(self, *, waiting: int, dropped: int) -> None:
        """How many traces wait for the store now, and how many were dropped since the start."""
        self._traces_waiting.set(waiting)
        self._traces_dropped.inc(max(0, dropped - self._dropped_seen))
        self._dropped_seen = max(dropped, self._dropped_seen)

    def set_promptlayer(self, *, waiting: int, sent: int, dropped: int) -> None:
        """What waits for PromptLayer now, and what was sent and dropped since the backlog was begun."""
        sent_before, dropped_before = self._promptlayer_seen
        self._promptlayer_backlog.set(waiting)
        self._promptlayer_sent.inc(max(0, sent - sent_before))
        self._promptlayer_dropped.inc(max(0, dropped - dropped_before))
        self._promptlayer_seen = (max(sent, sent_before), max(dropped, dropped_before))

    def set_model_ready(self, model_alias: str, ready: bool) -> None:
        """Whether the pinned model of that alias answers."""
        self._model_ready.labels(model_alias).set(ready)

    def set_serving(self, serving: Iterable[Pins], *, channel: str) -> None:
        """Which releases serve now, with everything each pins, and the channel they come from."""
        self._release_info.clear()
        for pins in serving:
            self._release_info.labels(
                pins.app,
                pins.release,
                pins.prompt_name,
                pins.prompt,
                pins.snapshot,
                pins.model_alias,
                pins.model,
                channel,
            ).set(1)

    def set_unproven(self, unproven: Iterable[tuple[str, str]]) -> None:
        """Each app that serves what no receipt proves, a working tree or by break-glass, and that release."""
        self._unproven.clear()
        for app, release in unproven:
            self._unproven.labels(app, release[:DIGITS]).set(1)

    def set_held_back(self, held_back: Iterable[tuple[str, str | None]]) -> None:
        """Each app whose production release does not serve, and that release, where it can be read."""
        self._held_back.clear()
        for app, release in held_back:
            self._held_back.labels(app, release[:DIGITS] if release else "none").set(1)

    def render(self) -> bytes:
        """Everything, in Prometheus's text format; its media type is `content_type`."""
        return generate_latest(self._registry)

    def _whose(self, short: Outline) -> tuple[str, str, str]:
        if short.app is None or short.release is None or short.prompt is None:
            return (short.app or "plain-chat", "none", "none")
        app, release = short.app, short.release[:DIGITS]
        latest = self._known.setdefault(app, OrderedDict())
        latest[release] = None
        latest.move_to_end(release)
        if len(latest) > self._releases_kept:
            oldest, _ = latest.popitem(last=False)
            for metric in self._per_release:
                metric.remove_by_labels({"app": app, "release": oldest})
        return (app, release, short.prompt[:DIGITS])

    def _counter(self, name: str, what: str, labels: Sequence[str]) -> Counter:
        return Counter(f"surefoot_{name}", what, labels, registry=self._registry)

    def _gauge(self, name: str, what: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(f"surefoot_{name}", what, labels, registry=self._registry)

    def _histogram(
        self, name: str, what: str, buckets: Sequence[float], *, labels: Sequence[str] = _WHOSE
    ) -> Histogram:
        return Histogram(f"surefoot_{name}", what, labels, registry=self._registry, buckets=buckets)
