"""What the command line refuses: one line on stderr, exit code 2."""

from __future__ import annotations

from typing import IO, Any

import click


class Refusal(click.ClickException):
    """Something that was asked for cannot be done; the message says what, and what to do instead."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"streamproof: {self.format_message()}", err=True, file=file)
