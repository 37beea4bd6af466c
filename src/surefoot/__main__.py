"""`python -m surefoot`: the same commands as `surefoot`."""

from surefoot.cli import main

if __name__ == "__main__":
    main()
