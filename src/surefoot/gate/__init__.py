"""Decide from scores alone whether a release may replace what serves: no files, no network, no clock."""
