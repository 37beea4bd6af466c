"""PromptLayer as a mirror: prompts in production are published there, answered requests logged with scores.

Git and the trace store are the truth. What is to be sent waits in a bounded backlog on the disk (`backlog`)
and is sent beside the work, never in its way (`sending`, `mirroring`). `ports` says what is asked of
PromptLayer; `client` asks it, by its own library (`sdk`), and by HTTP (`rest`) for what that has no call for.
"""
