"""One script for each contender, run in an environment of its own; `embedding` is what they share."""
