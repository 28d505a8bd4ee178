"""`python -m streamproof` is the command `streamproof`."""

from __future__ import annotations

from streamproof.cli import main

if __name__ == "__main__":
    main()
