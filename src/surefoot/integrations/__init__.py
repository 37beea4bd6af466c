"""Outside systems, each in files of its own: surefoot's prompts, passages and models in their terms."""
