"""Keeps requests in a backlog and says so, one line each, until somebody kills it: python -m ... FILE."""

import itertools
import sys
from pathlib import Path

from tests.integrations.promptlayer.examples import logged

from surefoot.integrations.promptlayer.backlog import Backlog

if __name__ == "__main__":
    backlog = Backlog(Path(sys.argv[1]), most_requests=1_000_000)
    for number in itertools.count():
        backlog.keep([logged(number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
