"""The command `streamproof`. Each command imports what it needs when it runs, so that help and errors come at once."""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, NoReturn

import click

from .errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from formal.claims import Claim

    from .checking import Confirmation, Outcome


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="streamproof", message="%(prog)s %(version)s")
def cli() -> None:
    """A referee for the linear algebra of transformers.

    Exit codes: 0 fine, 1 something failed, 2 the command cannot be carried out.
    """


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--junit", metavar="FILE", help="Write a JUnit XML report.")
@click.option("--json", "json_file", metavar="FILE", help="Write a JSON report.")
@click.option("--certificates", metavar="DIR", help="Write a certificate for each claim: DIR/ID.json.")
@click.option("--axioms", is_flag=True, help="List the axioms and the claims that rest on them.")
@click.option("--sympy", "sympy_too", is_flag=True, help="Have SymPy confirm the equations on explicit matrices.")
def check(
    ids: tuple[str, ...],
    junit: str | None,
    json_file: str | None,
    certificates: str | None,
    axioms: bool,
    sympy_too: bool,
) -> None:
    """Check the evidence of claims: all of them, or those named.

    Exit code 1 if the evidence of some claim establishes no verdict, or if SymPy disagrees.
    """
    start = time.perf_counter()
    from .checking import axioms_text, examine, find, summary

    with ExitStack() as files:
        claims = find(ids)
        from .files import WholeFile, make_folder

        # What cannot be written is refused before anything is checked.
        junit_target = files.enter_context(WholeFile(junit)) if junit else None
        json_target = files.enter_context(WholeFile(json_file)) if json_file else None
        if certificates:
            make_folder(certificates)
        outcomes = examine(claims, _second_voice() if sympy_too else None)
        unwritten = _write_certificates(certificates, outcomes) if certificates else []
        if json_target or junit_target:
            from .reports import json_report, junit_report

            if json_target:
                json_target.write(json_report(outcomes))
            if junit_target:
                junit_target.write(junit_report(outcomes))
    errors = [f"{o.claim.id}: {o.error}" for o in outcomes if o.error] + unwritten
    closing = [*errors, *(axioms_text(outcomes) if axioms else []), summary(outcomes, time.perf_counter() - start)]
    _show_table(outcomes, sympy_too)
    _say("\n" + "\n".join(closing))
    if errors:
        sys.exit(1)


def _second_voice() -> Callable[[Claim], Confirmation]:
    from formal.second_voice import confirm

    return confirm


def _show_table(outcomes: Sequence[Outcome], sympy_too: bool) -> None:
    from .checking import rests_on
    from .tables import plain_table, print_rich_table

    head = ["id", "title", "verdict", "rests on", *(["SymPy"] if sympy_too else []), "ms"]
    rows = []
    for o in outcomes:
        said = {True: "agrees", False: "DISAGREES", None: "-"}[o.voice.agreed if o.voice is not None else None]
        verdict = o.result.verdict or "FAILED"
        milliseconds = f"{o.result.seconds * 1000:.1f}"
        rows.append(
            [o.claim.id, o.claim.title, verdict, rests_on(o.result), *([said] if sympy_too else []), milliseconds]
        )
    if sys.stdout is not None and sys.stdout.isatty():
        print_rich_table(head, rows, right=["ms"])
    else:
        _say(plain_table(head, rows, right=["ms"]))


def _write_certificates(folder: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Write DIR/ID.json for each verdict, and remove an old one where there is none now. Returns what went wrong."""
    from formal.certificate import certificate, to_text
    from formal.statement.errors import StatementError

    from .files import remove, write_whole

    problems = []
    for o in outcomes:
        path = os.path.join(folder, f"{o.claim.id}.json")
        if o.result.verdict is None:
            remove(path)
            continue
        try:
            text = to_text(certificate(o.result))
        except StatementError as e:
            problems.append(f"{o.claim.id}: no certificate: {e}")
            remove(path)
            continue
        write_whole(path, text)
    return problems


@cli.command()
@click.argument("id")
@click.option("--latex", is_flag=True, help="Print the statement as LaTeX, and nothing else.")
def show(id: str, latex: bool) -> None:
    """Show a claim: its statement, its verdict, and the proof or the counterexample."""
    from .checking import find

    (claim,) = find([id])
    if latex:
        from .latex import statement_latex

        _say(statement_latex(claim))
        return
    from .pages import page

    text, established = page(claim)
    _say(text)
    if not established:
        sys.exit(1)


@cli.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    short_help="Check certificates with the separate checker.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="PATH...")
def verify(arguments: tuple[str, ...]) -> None:
    """Check certificates with the separate checker: files, or folders of them.

    Exit codes: 0 checked, 1 rejected, 2 malformed, 3 over limits. This is the same as `python -I formal/checker.py`.
    """
    from formal.checker import main as checker

    sys.exit(checker(list(arguments)))


@cli.command(name="list")
def list_claims() -> None:
    """List the ids and titles of all claims."""
    from .checking import find

    claims = find([])
    width = max((len(c.id) for c in claims), default=0)
    _say("\n".join(f"{c.id.ljust(width)}  {c.title}" for c in claims))


@cli.command()
@click.option("--layers", type=click.IntRange(0, 200), required=True, help="The number of layers.")
@click.option("--heads", type=click.IntRange(0, 200), required=True, help="The number of attention heads in each.")
@click.option("--mlp/--no-mlp", default=True, help="Whether layers have an MLP; they do.")
@click.option("--parallel", is_flag=True, help="MLPs read what the heads of their layer read, not what they wrote.")
@click.option("-o", "--output", metavar="FILE", help="Write the graph as .graphml, .dot, .gv or .json.")
@click.option("--check/--no-check", default=None, help="Have the kernel check the path sums; small graphs always are.")
def graph(layers: int, heads: int, mlp: bool, parallel: bool, output: str | None, check: bool | None) -> None:
    """The graph of virtual weights of a transformer, its paths counted and their sums proved.

    An edge is a virtual weight, with its expression, its shape and the way its target reads it (Q, K, V, in, logits).
    """
    from .graphs import build, graph_text, report, suffix_of

    with ExitStack() as files:
        suffix = suffix_of(output) if output else ""
        from .files import WholeFile

        target = files.enter_context(WholeFile(output)) if output else None
        found = build(layers, heads, mlp=mlp, parallel=parallel)
        lines, fine = report(found, check)
        if target:
            target.write(graph_text(found, suffix))
    _say("\n".join(lines))
    if not fine:
        sys.exit(1)


def _say(text: str) -> None:
    """Print. A reader who has left, as in `| head -1`, is no error and does not change the exit code."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as e:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Refusal(f"cannot write to standard output: {e.strerror}") from None


def main() -> None:
    """The entry point."""
    gc.disable()  # a command is short and makes no cyclic garbage to speak of; looking for it takes 7 % of a check
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="streamproof")
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else 0 if end.code is None else 1)


def _leave(code: int) -> NoReturn:
    """End the process at once: taking down SymPy's objects one by one would cost a check a tenth of its time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
