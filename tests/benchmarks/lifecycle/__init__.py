"""What is lost, stale or doubled, and which requests fail, while documents and their index change."""
