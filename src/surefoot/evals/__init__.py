"""Cases, metrics and the run: what a release answers to a suite, and how good that is."""
