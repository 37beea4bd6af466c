"""What the defences against hostile documents are worth: the scan, and the tags and words of the prompt."""
