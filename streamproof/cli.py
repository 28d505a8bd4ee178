"""The command `streamproof`. Each command imports what it needs when it runs, so that help and errors come at once."""

from __future__ import annotations

import gc
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .asking import Answer
    from .checking import Outcome


class Budget(click.ParamType[float]):
    """A number of seconds, positive and at most a day."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; nan and inf are none."""
        try:
            seconds = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        if not 0 < seconds <= 86_400:  # nan is refused here too
            self.fail(f"{value} is not between 0 and 86400 seconds, which is a day", param, ctx)
        return seconds


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
@click.option("--certificates", metavar="DIR", help="Write the certificates of each claim: DIR/ID.json.")
@click.option("--axioms", is_flag=True, help="List the axioms and the claims that rest on them.")
@click.option("--sympy", "sympy_too", is_flag=True, help="Have SymPy confirm the equations on explicit matrices.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Check with N processes.")
def check(
    ids: tuple[str, ...],
    junit: str | None,
    json_file: str | None,
    certificates: str | None,
    axioms: bool,
    sympy_too: bool,
    jobs: int,
) -> None:
    """Check the evidence of claims: all of them, or those named.

    Exit code 1 if some evidence fails, that for a claim or that for its sharpness, or if SymPy disagrees.
    """
    start = time.perf_counter()
    from .checking import Wanted, axioms_text, examine, find, summary

    with ExitStack() as files:
        claims = find(ids)
        from .files import WholeFile, make_folder

        # What cannot be written is refused before anything is checked.
        junit_target = files.enter_context(WholeFile(junit)) if junit else None
        json_target = files.enter_context(WholeFile(json_file)) if json_file else None
        if certificates:
            make_folder(certificates)
        outcomes = examine(claims, Wanted(json_file is not None, certificates is not None, sympy_too), jobs)
        if certificates:
            _write_certificates(certificates, outcomes)
        if json_target or junit_target:
            from .reports import json_report, junit_report

            if json_target:
                json_target.write(json_report(outcomes))
            if junit_target:
                junit_target.write(junit_report(outcomes))
    errors = [f"{o.id}: {e}" for o in outcomes for e in o.errors] + [e for o in outcomes for e in o.unwritten]
    closing = [*errors, *(axioms_text(outcomes) if axioms else []), summary(outcomes, time.perf_counter() - start)]
    _show_table(outcomes, sympy_too)
    _say("\n" + "\n".join(closing))
    if errors:
        sys.exit(1)


def _show_table(outcomes: Sequence[Outcome], sympy_too: bool) -> None:
    head = ["id", "title", "verdict", "rests on", *(["SymPy"] if sympy_too else []), "ms"]
    rows = []
    for o in outcomes:
        said = {True: "agrees", False: "DISAGREES", None: "-"}[o.voice.agreed if o.voice is not None else None]
        verdict = "FAILED" if o.failures else o.verdict or "FAILED"
        milliseconds = f"{o.seconds * 1000:.1f}"
        rows.append([o.id, o.title, verdict, o.rests_on, *([said] if sympy_too else []), milliseconds])
    _table(head, rows, ["ms"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    """A table as text, or on a terminal in colour."""
    from .tables import plain_table, print_rich_table

    if sys.stdout is not None and sys.stdout.isatty():
        print_rich_table(head, rows, right=right)
    else:
        _say(plain_table(head, rows, right=right))


def _write_certificates(folder: str, outcomes: Sequence[Outcome]) -> None:
    """Write DIR/ID.json for all that was established of a claim, and remove an old one where there is none now."""
    from .files import remove, write_whole

    texts = {f"{name}.json": text for o in outcomes for name, text in o.certificates.items()}
    checked = {o.id for o in outcomes}
    for name in sorted(os.listdir(folder)):
        found = re.fullmatch(r"(.+?)(\.(needs|equality)-\d+)?\.json", name)
        if found and found[1] in checked and name not in texts:
            remove(os.path.join(folder, name))
    for name, text in texts.items():
        write_whole(os.path.join(folder, name), text)


@cli.command()
@click.argument("id")
@click.option("--latex", is_flag=True, help="Print the statement as LaTeX, and nothing else.")
def show(id: str, latex: bool) -> None:
    """Show a claim: its statement, its verdict, the proof or the counterexample, and what is near it.

    An item of a chapter that has no claim of its own shows the claims that answer it. Exit code 1 if evidence fails.
    """
    from .checking import find

    claims = find([id])
    if latex:
        from .latex import statement_latex

        _say("\n\n".join(map(statement_latex, claims)))
        return
    from .pages import listing, page

    text, established = page(claims[0]) if claims[0].id == id else listing(claims)
    _say(text)
    if not established:
        sys.exit(1)


@cli.command()
@click.argument("statements", nargs=-1, required=True, metavar="TEXT|FILE.py|FILE.py::NAME...")
@click.option("--budget", type=Budget(), default=10, show_default=True, help="Seconds for each claim.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the random instances.")
@click.option("--expect", type=click.Choice(["proved", "refuted", "open"]), help="Exit with 0 if all are this, else 1.")
@click.option("--json", "json_file", metavar="FILE", help="Write a JSON report.")
@click.option("--certificates", metavar="DIR", help="Write a certificate of each claim that is settled: DIR/NAME.json.")
@click.option("--test", "test_file", metavar="FILE", help="Write the regression tests there, and print none.")
@click.option("--proof", is_flag=True, help="Print proofs line by line.")
def decide(
    statements: tuple[str, ...],
    budget: float,
    seed: int,
    expect: str | None,
    json_file: str | None,
    certificates: str | None,
    test_file: str | None,
    proof: bool,
) -> None:
    """Prove or refute conjectures: lines of text, or all claims of Python files, or some of them by name.

    Exit codes: 0 all are proved, 1 some are refuted, 3 some are open and none is refuted; with --expect, 0 or 1. 130 if
    stopped by Ctrl-C, after what was found so far.

    \b
    streamproof decide "d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I"
    streamproof decide my_claims.py::cleared --budget 60 --proof
    """
    answers: list[Answer] = []
    with _stoppable(), ExitStack() as files:
        from .answers import TO_CHECK, answer_text, exit_code, summary
        from .asking import ask, questions
        from .certificates import deposit, file_names
        from .files import WholeFile, make_folder
        from .progress import live

        asked = questions(statements)
        json_target = files.enter_context(WholeFile(json_file)) if json_file else None
        test_target = files.enter_context(WholeFile(test_file)) if test_file else None
        if certificates:
            make_folder(certificates)
        gc.enable()
        for question, name in zip(asked, file_names(asked), strict=True):
            with live() as say:
                answer = ask(question, seconds=budget, seed=seed, progress=say)
            answers.append(answer)
            written = deposit(certificates, name, answer.decision) if certificates else TO_CHECK * (len(asked) == 1)
            text = answer_text(answer, proof=proof, certificate=written, test=test_target is None)
            _say("\n" * (len(answers) > 1) + _coloured(text, answer.decision.verdict))
            if answer.stopped:
                break
        if json_target:
            from .reports import answers_report

            json_target.write(answers_report(answers))
        if test_target:
            from .regression import regression_tests

            test_target.write(regression_tests(answers))
        if len(asked) > 1:
            _say(f"\n{summary(answers)}")
        sys.exit(exit_code(answers, expect))


@cli.command()
@click.argument("statements", nargs=-1, required=True, metavar="TEXT|FILE.py|FILE.py::NAME...")
@click.option("--budget", type=Budget(), default=10, show_default=True, help="Seconds for each claim.")
@click.option(
    "--tries",
    type=click.IntRange(1, 10**9),
    metavar="N",
    help="So many instances for each claim; ten tiny ones are one.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the random instances.")
def search(statements: tuple[str, ...], budget: float, tries: int | None, seed: int) -> None:
    """Look for counterexamples to conjectures, and for nothing else.

    That none is found proves nothing. Exit codes: 0 none found, 1 some claim has one. 130 if stopped by Ctrl-C, after
    what was tried so far.
    """
    answers: list[Answer] = []
    with _stoppable():
        from .answers import STOPPED, search_answer_text
        from .asking import look, questions
        from .progress import live

        asked = questions(statements)
        gc.enable()
        for question in asked:
            with live() as say:
                answer = look(question, seconds=budget, tries=tries, seed=seed, progress=say)
            _say("\n" * bool(answers) + search_answer_text(answer))
            answers.append(answer)
            if answer.stopped:
                sys.exit(STOPPED)
        sys.exit(int(any(a.decision.verdict == "refuted" for a in answers)))


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C where nothing was found yet, such as in a file of claims that does not come to an end."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("streamproof: stopped", err=True)
        sys.exit(130)


def _coloured(text: str, verdict: str) -> str:
    """The verdict that the text starts with in colour, on a terminal that has some."""
    if sys.stdout is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    from .tables import COLOURS

    head = verdict.upper()
    return click.style(head, fg=COLOURS[verdict], bold=True) + text.removeprefix(head)


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
@click.argument("prefix", default="")
def list_claims(prefix: str) -> None:
    """List the ids and titles of all claims, of those on an item, or of those whose id begins so."""
    from .checking import beginning

    claims = beginning(prefix)
    width = max((len(c.id) for c in claims), default=0)
    _say("\n".join(f"{c.id.ljust(width)}  {c.title}" for c in claims))


@cli.command()
@click.argument("model", required=False)
@click.option("--layers", type=click.IntRange(0, 200), help="Without a model: the number of layers.")
@click.option("--heads", type=click.IntRange(0, 200), help="Without a model: the number of attention heads in each.")
@click.option("--mlp/--no-mlp", default=True, help="Whether layers have an MLP; they do.")
@click.option("--parallel", is_flag=True, help="MLPs read what the heads of their layer read, not what they wrote.")
@click.option("--min-norm", type=float, default=0.0, metavar="X", help="Of a model: leave out weaker virtual weights.")
@click.option("--paths", type=click.IntRange(1, 1000), metavar="N", help="Of a model: list the N strongest paths.")
@click.option("-o", "--output", metavar="FILE", help="Write the graph as .graphml, .dot, .gv or .json.")
@click.option("--check/--no-check", default=None, help="Have the kernel check the path sums; small graphs always are.")
def graph(
    model: str | None,
    layers: int | None,
    heads: int | None,
    mlp: bool,
    parallel: bool,
    min_norm: float,
    paths: int | None,
    output: str | None,
    check: bool | None,
) -> None:
    """The graph of virtual weights of a transformer, its paths counted and their sums proved.

    An edge is a virtual weight, with its expression, its shape and the way its target reads it (Q, K, V, in, logits).
    MODEL is a checkpoint: a folder, a .safetensors or .gguf file, or minilm or smollm2, which packages ship. Then edges
    carry their exact rank, Frobenius norm, spectral norm and composition score too.

    \b
    streamproof graph --layers 3 --heads 2 -o graph.graphml
    streamproof graph minilm --min-norm 1 --paths 5 -o graph.json
    """
    from .graphs import build, graph_text, report, suffix_of

    if model is None and (layers is None or heads is None):
        raise Refusal("say how many --layers and --heads there are, or name a model")
    if model is None and (min_norm != 0 or paths is not None):
        raise Refusal("--min-norm and --paths are about the weights of a model: name one")
    if model is not None and (layers is not None or heads is not None or parallel):
        raise Refusal(f"{model} says itself what its layers are: leave out --layers, --heads and --parallel")
    with ExitStack() as files:
        suffix = suffix_of(output) if output else ""
        from .files import WholeFile

        target = files.enter_context(WholeFile(output)) if output else None
        if model is not None:
            _prepare_for_models()
            from .model_graphs import evaluated, model_report

            with _stoppable():
                called, loaded, found = evaluated(model, mlp=mlp, min_norm=min_norm)
                lines, fine = model_report(called, loaded, found, paths or 0, check)
        else:
            found = build(layers or 0, heads or 0, mlp=mlp, parallel=parallel)
            lines, fine = report(found, check)
        if target:
            target.write(graph_text(found, suffix))
    _say("\n".join(lines))
    if not fine:
        sys.exit(1)


@cli.command()
@click.argument("model")
@click.option("--text", metavar="TEXT", help="What the model reads while it is watched; two sentences, if not given.")
@click.option("--claims", "patterns", multiple=True, metavar="ID", help="Only these claims, such as VW-T2 or 'RS-*'.")
@click.option("--json", "json_file", metavar="FILE", help="Write a JSON report.")
@click.option("--report", "page", metavar="FILE", help="Write a page with plots, HTML in one file.")
@click.option("--pictures", metavar="DIR", help="Write the plots: DIR/NAME.svg.")
@click.option("--all", "show_all", is_flag=True, help="Also list the claims that do not speak of this model, and why.")
def audit(
    model: str,
    text: str | None,
    patterns: tuple[str, ...],
    json_file: str | None,
    page: str | None,
    pictures: str | None,
    show_all: bool,
) -> None:
    """Read the claims of the book on a real model, rigorously.

    MODEL is a folder or file of a checkpoint (safetensors, GGUF), or one of the names minilm and smollm2. Weights are
    exact numbers, what is computed from them is enclosed: a claim holds for certain, holds within a width, or is
    refuted. Exit code 1 if something is broken: a proved claim fails, or the model's run is not what it should be.
    """
    start = time.perf_counter()
    _prepare_for_models()
    from . import auditing
    from .files import WholeFile, make_folder, write_whole
    from .progress import live

    with ExitStack() as files:
        json_target = files.enter_context(WholeFile(json_file)) if json_file else None
        page_target = files.enter_context(WholeFile(page)) if page else None
        if pictures:
            make_folder(pictures)
        claims = auditing.chosen(patterns)
        with live() as say:
            say(f"loading {model}")
            about = auditing.subject(model, auditing.TEXT if text is None else text)
            found = auditing.audited(about, claims, say)
            if page_target or pictures:
                say("drawing")
                drawn = auditing.sections(about)
                if page_target:
                    from .audit_page import html

                    page_target.write(html(about, found, drawn))
                for figure in (f for section in drawn for f in section.figures) if pictures else ():
                    write_whole(os.path.join(pictures or "", f"{figure.name}.svg"), figure.svg)
        if json_target:
            json_target.write(auditing.json_report(about, found))
    _table(["id", "title", "in the book", "here", "within", "places"], auditing.rows(found), ["within", "places"])
    unread = [f"{one.claim.id}: {one.reason}" for one in found if not one.readings] if show_all else []
    _say("\n" + "\n".join([*unread, *auditing.closing(found, time.perf_counter() - start)]))
    if auditing.broken(found):
        sys.exit(1)


@cli.command()
@click.option("-o", "--output", metavar="DIR", default=os.path.join("docs", "book"), show_default=True, help="Where.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; tell which pages are not up to date.")
def docs(output: str, check_only: bool) -> None:
    """Write the book as Markdown: a page for each claim and each topic, an index, and the dependency graph.

    Exit code 1 if some evidence fails, since then there is no book; with --check also if a page is missing, stale, or
    not of this book.
    """
    from .checking import the_book
    from .documents import EvidenceFails, differences, pages, write

    try:
        found = pages(the_book(), output)
    except EvidenceFails as e:
        _say("\n".join([*e.messages, "nothing is written while evidence fails"]))
        sys.exit(1)
    if not check_only:
        changed = write(output, found)
        _say(f"{output}: {len(found)} files, {len(changed)} changed")
        return
    wrong = differences(output, found)
    if wrong:
        _say("\n".join([*wrong, f"`streamproof docs -o {output}` brings the pages up to date"]))
        sys.exit(1)
    _say(f"{output}: {len(found)} files, all up to date")


def _prepare_for_models() -> None:
    """What numbers need and formulas do not, before NumPy is imported.

    BLAS reads its number of threads then; products are small and many here, and threads would wait for each other. What
    is evaluated is held in cycles, which take gigabytes if nobody looks for them.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    gc.enable()


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
    except Exception:  # a mistake in this program: no verdict, so no exit code of one
        traceback.print_exc()
        _leave(2)


def _leave(code: int) -> NoReturn:
    """End the process at once: taking down SymPy's objects one by one would cost a check a tenth of its time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
