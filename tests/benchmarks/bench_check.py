"""How long a whole check takes, beside the import of SymPy that it cannot avoid."""

from __future__ import annotations

from timing import best, process, row


def main() -> None:
    """Print the table."""
    sympy = best(process("-c", "import sympy"), 7)
    row("streamproof check", best(process("-m", "streamproof", "check"), 7), 'python -c "import sympy"', sympy)
    bare = best(process("-c", "pass"), 7)
    row("streamproof --help", best(process("-m", "streamproof", "--help"), 7), "python -c pass", bare)


if __name__ == "__main__":
    main()
