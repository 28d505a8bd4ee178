"""`streamproof decide` as its users meet it: verdicts and exit codes, what it prints and what it writes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from formal.claims import claim
from formal.statement import Eq, Le, Lt, dims, matrix
from streamproof.answers import counterexample_lines
from streamproof.cli import cli

Run = Callable[..., subprocess.CompletedProcess[str]]
CLAIMS = Path(__file__).with_name("claims_to_decide.py")
TRUE = "d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I"
FALSE = "d, m; W: m x d; V: d x m; W*V = 0 => V*W = 0"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, *arguments: str | Path) -> Result:
    """The command in this process, with a small budget."""
    done = CliRunner().invoke(cli, [command, "--budget", "1", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def decide(*arguments: str | Path) -> Result:
    return run("decide", *arguments)


def named(name: str) -> str:
    return f"{CLAIMS}::{name}"


# ---------------------------------------------------------------- verdicts
def test_a_line_of_text_is_proved() -> None:
    done = decide(TRUE)
    assert done.exit_code == 0
    head, *rest = done.output.splitlines()
    assert head == f"PROVED  {TRUE}"
    assert "  Let" in rest and "    W: m x d" in rest and "    (I - V*W)*(I + V*W) = I" in rest
    assert "Axioms: none" in rest


def test_a_line_of_text_is_refuted() -> None:
    done = decide(FALSE)
    assert done.exit_code == 1
    assert done.output.startswith(f"REFUTED  {FALSE}\n")
    assert "All that is given holds there. The conclusion fails:\n  V*W = 0 fails:\n    V*W = " in done.output


def test_what_is_used_is_told_from_what_is_not() -> None:
    done = decide(named("clears"))
    assert done.exit_code == 0
    assert "\nMethod: " in done.output
    assert "\nHypotheses: used h2; not needed h1\n" in done.output


def test_open_is_never_worded_as_true() -> None:
    """Hall's identity holds for 2 x 2 matrices, and no method here knows their entries."""
    done = decide(named("hall"))
    assert done.exit_code == 3
    assert done.output.startswith("OPEN  ")
    assert "The statement may be true or false." in done.output
    assert "this proves nothing" in done.output
    assert "as it stands" in done.output.split("Tried for a proof")[1]
    assert not any(word in done.output.casefold() for word in ("proved", "holds", "no counterexample exists"))


@pytest.mark.slow
def test_the_worst_of_several_is_the_exit_code() -> None:
    assert decide(named("clears"), named("clears")).exit_code == 0
    assert decide(named("clears"), named("hall")).exit_code == 3
    done = decide(named("hall"), named("clears"), named("writes-back"))
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "3 claims: 1 proved, 1 refuted, 1 open"


@pytest.mark.parametrize(
    ("names", "expected", "code"),
    [
        (["clears"], "proved", 0),
        (["wrong"], "refuted", 0),
        (["hall"], "open", 0),
        (["clears"], "refuted", 1),
        (["wrong"], "proved", 1),
        (["clears", "wrong"], "proved", 1),
        (["clears", "wrong"], "refuted", 1),
    ],
)
def test_what_is_expected_is_the_exit_code(names: list[str], expected: str, code: int) -> None:
    """In CI a refuted conjecture may be what is wanted; one that turns out otherwise must be seen."""
    assert decide(*map(named, names), "--expect", expected).exit_code == code


def test_evidence_that_a_claim_comes_with_is_checked_first() -> None:
    done = decide(named("B-1"))
    assert done.exit_code == 0
    assert "\nNote: by the evidence that it comes with.\n" in done.output
    done = decide(named("B-2"))
    assert done.exit_code == 0  # it is true all the same
    assert "Note: the evidence that it comes with fails: AttributeError: 'Proof' object has no" in done.output


def test_a_proof_can_be_read() -> None:
    assert "Proof\n" not in decide(named("clears")).output
    assert "\nProof\n  In what follows [n] is the left side" in decide(named("clears"), "--proof").output


def test_an_instance_without_dimensions_is_called_degenerate() -> None:
    """A depth of 0 is none: only the sizes of letters are looked at."""
    d, m, L = dims("d m L")
    S = matrix("S", d, d + m)
    statement = claim(given=[Eq(S, S)], show=Le(L, d), witness={"d": 0, "m": 2, "L": 1, "S": []})
    last = counterexample_lines(statement)[-1]
    assert last == "This counterexample is degenerate, d = 0; to rule it out, suppose that d >= 1."
    statement = claim(given=[Eq(S, S)], show=Lt(d, L), witness={"d": 1, "m": 0, "L": 0, "S": [[1]]})
    assert "m = 0; " in counterexample_lines(statement)[-1]
    statement = claim(given=[Eq(S, S)], show=Lt(d, L), witness={"d": 1, "m": 1, "L": 0, "S": [[1, 1]]})
    assert "degenerate" not in "".join(counterexample_lines(statement))


# ---------------------------------------------------------------- what is written
@pytest.mark.slow
def test_certificates_are_accepted_by_the_separate_checker(here: Path, python: Run, root: Path) -> None:
    (here / "certificates").mkdir()
    (here / "certificates" / "hall.json").write_text("of an earlier day")
    done = decide(CLAIMS, "--certificates", "certificates")
    written = sorted(p.name for p in (here / "certificates").iterdir())
    assert written == ["B-1.json", "B-2.json", "clears.json", "maps-0.json", "writes-back.json"]
    assert "Certificate: certificates/clears.json\n" in done.output.replace("\\", "/")
    checked = python("-I", root / "formal" / "checker.py", here / "certificates")
    assert checked.returncode == 0, checked.stdout
    assert "5 checked" in checked.stdout


def test_the_report_is_data(here: Path) -> None:
    decide(CLAIMS, "--json", "report.json")
    claims = {c["id"]: c for c in json.loads((here / "report.json").read_text(encoding="utf-8"))["claims"]}
    verdicts = {name: c["verdict"] for name, c in claims.items()}
    assert verdicts == {
        "clears": "proved",
        "writes-back": "refuted",
        "hall": "open",
        "maps[0]": "refuted",
        "B-1": "proved",
        "B-2": "proved",
    }
    assert claims["clears"]["used"] == [False, True]
    assert claims["clears"]["given"] == ["V = V", "W*V = I"]
    assert {"name": "d", "value": 2} in claims["writes-back"]["witness"]
    assert {"method", "round", "seconds", "failure"} == set(claims["hall"]["attempts"][0])
    assert {"tries", "met", "reached"} == set(claims["hall"]["search"])


@pytest.mark.slow
def test_the_regression_tests_pass_as_they_are_written(here: Path, python: Run) -> None:
    """In a process of its own, as somebody would who pastes them: of a file of claims, of a map, and of a text."""
    assert decide(CLAIMS, FALSE, "--test", "test_conjectures.py").exit_code == 1
    assert "def test_" not in decide(named("wrong"), "--test", "test_other.py").output
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", here)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.slow
def test_the_regression_test_that_is_printed_passes_too(here: Path, python: Run) -> None:
    _, _, printed = decide(named("maps")).output.partition("\nRegression test\n\n")
    (here / "test_pasted.py").write_text(printed)
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", here / "test_pasted.py")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_regression_test_can_fail(here: Path, python: Run) -> None:
    """With another witness it must."""
    _, _, printed = decide(named("wrong")).output.partition("\nRegression test\n\n")
    other = re.sub(r"witness=.*", 'witness={"d": 1, "m": 1, "W": [[1]], "V": [[1]]},', printed)
    (here / "test_pasted.py").write_text(other)
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", here / "test_pasted.py")
    assert done.returncode == 1
    assert "the witness does not refute" in done.stdout


def test_nothing_is_written_when_something_is_refused(here: Path) -> None:
    assert decide(named("clears"), named("nothing"), "--json", "report.json", "--test", "t.py").exit_code == 2
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("option", ["--json", "--test", "--certificates"])
def test_a_place_that_cannot_be_written_is_refused_at_once(here: Path, option: str) -> None:
    (here / "file").write_text("")
    done = decide(named("hall"), option, "file/x")
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("streamproof: cannot ")


# ---------------------------------------------------------------- search
def test_search_finds(here: Path) -> None:
    done = run("search", named("wrong"))
    assert done.exit_code == 1
    assert "\nCounterexample\n" in done.output


def test_search_that_finds_nothing_says_that_this_is_nothing() -> None:
    done = run("search", named("clears"), "--tries", "50")
    assert done.exit_code == 0
    last = done.output.splitlines()[-1]
    assert last.startswith("no counterexample in ") and "which met the hypotheses; this proves nothing" in last


def test_search_goes_through_a_whole_file() -> None:
    """Also where the claim comes with a proof: that is not asked for."""
    done = run("search", CLAIMS, "--tries", "30")
    assert done.exit_code == 1
    assert done.output.count("this proves nothing") == 4 and done.output.count("\nCounterexample\n") == 2


# ---------------------------------------------------------------- bad input
def refused(done: Result) -> str:
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


@pytest.mark.parametrize("command", ["decide", "search"])
@pytest.mark.parametrize("budget", ["nan", "inf", "-inf", "-1", "0", "1e9", "86401", "ten", ""])
def test_a_budget_must_come_to_an_end(command: str, budget: str) -> None:
    assert "Error: Invalid value for '--budget'" in refused(run(command, TRUE, f"--budget={budget}"))


@pytest.mark.parametrize("option", ["--tries=0", "--tries=-5", "--tries=1.5", "--seed=x"])
def test_numbers_are_numbers(option: str) -> None:
    assert "Error: Invalid value for" in refused(run("search", TRUE, option))


def test_nothing_to_decide_is_refused() -> None:
    assert "Missing argument" in refused(decide())


TEXTS = {
    "": "",
    "d; W: d x d; W*Z = 0": "Z",
    "d, m; W: m x d; W*W = 0": "inner dimensions d and m differ",
    "d; W: d x d; (W*W = 0": "",
    "d; W: d x d; W*W": "",
    "d; W: d x d; __import__('os').system('true') = 0": "",
    "d; W: d x d; W W = 0": "",
    "(" * 5000 + "0 = 0": "",
    "my_claims": "",
}


@pytest.mark.parametrize("command", ["decide", "search"])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_without_meaning_is_refused_with_one_message(command: str, text: str) -> None:
    message = refused(run(command, TRUE, text))
    assert message.startswith("streamproof: ") and message.count("streamproof: ") == 1
    assert "Traceback" not in message and len(message) < 2000
    assert TEXTS[text] in message


def test_a_file_that_is_no_python_is_refused(here: Path) -> None:
    (here / "claims.txt").write_text("d; d = d")
    assert "claims.txt is not a Python file" in refused(decide("claims.txt"))
    assert "is not a Python file" in refused(decide("."))


# ---------------------------------------------------------------- processes
@pytest.mark.slow
def test_the_same_seed_gives_the_same_output(python: Run) -> None:
    """In two processes, in which texts have different hashes; what is settled is printed without times."""
    arguments = ("-m", "streamproof", "decide", "--seed", "5", named("wrong"), named("maps"), named("clears"), FALSE)
    one, two = (python(*arguments, env={"PYTHONHASHSEED": str(i)}) for i in (1, 2))
    assert (one.returncode, one.stderr) == (1, "")
    assert one.stdout == two.stdout


def test_piped_output_is_plain(python: Run) -> None:
    done = python("-m", "streamproof", "search", named("wrong"), named("hall"), "--tries", "100", "--budget", "1")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.isascii() and "\x1b" not in done.stdout and "\r" not in done.stdout


def test_a_terminal_sees_what_is_going_on(python: Run) -> None:
    """On standard error, so that what is printed can be piped all the same."""
    leader, follower = pty.openpty()
    env = {"COLUMNS": "120", "TERM": "xterm"}
    command = ("-m", "streamproof", "search", named("hall"), "--budget", "2")
    done = python(*command, capture_output=False, stdout=subprocess.PIPE, stderr=follower, env=env)
    os.close(follower)
    with os.fdopen(leader, "rb", buffering=0) as terminal:
        os.set_blocking(leader, False)
        seen = terminal.read(100_000)
    assert done.returncode == 0 and "this proves nothing" in done.stdout and "\x1b" not in done.stdout
    assert seen is not None and b"looking for a counterexample" in seen


@pytest.fixture
def process(root: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command; what still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, "-u", "-m", "streamproof", *arguments]
        started.append(subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, text=True, **pipes))
        return started[-1]

    yield start
    for p in started:
        p.kill()
        p.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["decide", "search"])
def test_ctrl_c_ends_with_what_was_found(process: Callable[..., subprocess.Popen[str]], command: str) -> None:
    """The first claim is done when the second, which takes very long, is stopped."""
    running = process(command, named("wrong"), named("hall"), "--budget", "80000")
    assert running.stdout is not None
    seen = ""
    while "test_wrong" not in seen and "V*W = [" not in seen:
        seen += running.stdout.readline()
    # The second claim may not have begun when this is sent: then nothing of it is printed.
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert "Stopped before the time was over." in output or errors == "streamproof: stopped\n"


def test_a_mistake_in_the_program_is_no_verdict(python: Run) -> None:
    """An uncaught exception would end Python with 1, which means refuted."""
    done = python(
        "-c",
        "import formal.decide as d; d.Hunt = 0; from streamproof.cli import main; import sys; "
        f"sys.argv = ['streamproof', 'decide', {named('wrong')!r}]; main()",
    )
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_help_names_the_exit_codes() -> None:
    for command in ("decide", "search"):
        done = CliRunner().invoke(cli, [command, "--help"])
        assert done.exit_code == 0 and "Exit codes" in done.output and "130" in done.output
