"""What is told of work that takes long."""

from surefoot.cli.progress import TimeLeft


def test_the_time_left_is_told_by_the_rate_of_the_stage_once_there_is_one() -> None:
    now = [100.0]
    left = TimeLeft(clock=lambda: now[0])

    assert left.words("embed", 500, 1000) == "embed 500 of 1000", (
        "what the cache had says nothing of the rate"
    )
    now[0] += 10
    assert left.words("embed", 600, 1000) == "embed 600 of 1000, 0:00:40 left"
    assert left.words("embed", 1000, 1000) == "embed 1000 of 1000"
    assert left.words("read", 0, 0) == "read"
    now[0] += 5
    assert left.words("index", 0, 7) == "index 0 of 7", "another stage has a rate of its own"
