"""What a pull request changes: its prompts and what hangs on them, their history, and the words about it.

`git_history` reads commits, `outlines` reads a project as it stands at one, and `comparing` tells two apart.
Nothing here checks a file out: what stands at a commit is read from Git's objects into a temporary folder.
"""
