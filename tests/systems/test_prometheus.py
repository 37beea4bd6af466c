"""Prometheus itself reads our configuration, and the alerts fire when they should."""

import subprocess

import pytest
from tests.house.tree import TOP
from tests.systems.tools import tool

pytestmark = pytest.mark.systems


def promtool(*arguments: str) -> None:
    command = [tool("promtool", package="prometheus"), *arguments]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_its_configuration() -> None:
    # The key it names exists only in the container, so the file itself is checked, not what it points to.
    promtool("check", "config", "--syntax-only", "serving/prometheus.yml")


def test_prometheus_reads_the_alert_rules() -> None:
    promtool("check", "rules", "--lint-fatal", "serving/prometheus-rules.yml")


def test_each_alert_fires_when_it_should_and_stays_silent_when_not() -> None:
    promtool("test", "rules", "tests/systems/alerts.yml")
