"""Tables: aligned text for pipes and files, and rich ones for terminals."""

from __future__ import annotations

from collections.abc import Sequence

COLOURS = {
    "proved": "green",
    "refuted": "red",
    "open": "yellow",
    "ill-typed": "magenta",
    "definition": "blue",
    "FAILED": "bold white on red",
}


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Columns two spaces apart; the columns named in `right` are aligned to the right.

    >>> print(plain_table(["id", "s"], [["VW-L1", "0.5"], ["X", "12.0"]], right=["s"]))
    id        s
    VW-L1   0.5
    X      12.0
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [x.rjust(w) if h in right else x.ljust(w) for x, w, h in zip(row, widths, head, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def print_rich_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """The same on a terminal: wrapped to its width, verdicts in colour."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in ("id", "verdict", *right))
    for row in rows:
        table.add_row(*(Text(x, style=COLOURS.get(x, "")) for x in row))  # Text: brackets such as W[l] are no markup
    Console().print(table)
