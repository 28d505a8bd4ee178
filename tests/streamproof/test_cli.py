"""The command as its users meet it: real processes, exit codes, files written or not written."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
GOOD = ("T-1", "T-2", "T-2a", "T-4")
IDS = ["T-1", "T-2", "T-2a", "T-3", "T-4", "T-5", "T-6", "T-7", "T-7a", "T-8a"]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The single line of a refusal: exit code 2, nothing on stdout, no traceback."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


# ---------------------------------------------------------------- check
def test_check_prints_an_aligned_table_and_a_summary(streamproof: Run) -> None:
    done = streamproof("check", *GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.split("\n\n")[0].splitlines()
    assert head.split() == ["id", "title", "verdict", "rests", "on", "ms"]
    place = head.index("verdict")
    assert [row[place:].split()[0] for row in rows] == ["proved", "refuted", "proved", "definition"]
    place = head.index("rests on")
    rests = [row[place:].rpartition("  ")[0].strip() for row in rows]
    assert rests == ["no axiom", "d = 2, m = 1", "no axiom", "shape m x m"]
    last = done.stdout.splitlines()[-1]
    assert last.startswith("4 claims: 2 proved, 1 refuted, 1 definition, no axiom; 1 of 1 hypothesis shown needed; ")


def test_check_fails_when_evidence_fails_and_says_why_in_full(streamproof: Run) -> None:
    done = streamproof("check")
    assert done.returncode == 1
    assert "T-5: ProofFailure: ideal: V W - I remains, and nothing reduces it further" in done.stdout
    assert "T-6: AttributeError: 'Proof' object has no attribute 'no_such_move'" in done.stdout
    assert "tiny_book.py, line" in done.stdout
    assert "2 without a verdict" in done.stdout.splitlines()[-1]


def test_an_ill_typed_statement_shows_its_clash(streamproof: Run) -> None:
    done = streamproof("check", "T-3")
    assert done.returncode == 0
    assert "ill-typed  the inner dimensions d and m differ" in done.stdout


def test_ids_are_checked_once_and_in_the_order_given(streamproof: Run) -> None:
    done = streamproof("check", "T-4", "T-1", "T-4")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["T-4", "T-1"]
    assert "2 claims" in done.stdout


@pytest.mark.parametrize("command", ["check", "show"])
def test_an_unknown_id_is_refused_with_close_matches(streamproof: Run, command: str) -> None:
    assert (
        one_line(streamproof(command, "t-2A")) == "streamproof: there is no claim t-2A; did you mean T-2a, T-2, T-8a?"
    )
    assert one_line(streamproof(command, "zzz")).endswith("; `streamproof list` shows the ids")


def test_axioms_are_listed(streamproof: Run) -> None:
    assert "No claim rests on an axiom." in streamproof("check", "T-1", "--axioms").stdout


def test_python_without_asserts_changes_nothing(python: Run, streamproof: Run) -> None:
    """Under -O the claims without a valid proof must fail just the same."""
    from_tiny = Path(__file__).with_name("tiny_book.py")
    assert python("-O", from_tiny, "check").returncode == streamproof("check").returncode == 1


# ---------------------------------------------------------------- what is written
def test_json_report(streamproof: Run, tmp_path: Path) -> None:
    assert streamproof("check", "--json", "report.json").returncode == 1
    claims = {c["id"]: c for c in json.loads((tmp_path / "report.json").read_text())["claims"]}
    assert [c["verdict"] for c in claims.values()] == [
        "proved",
        "refuted",
        "proved",
        "ill-typed",
        "definition",
        None,
        None,
        *["proved"] * 3,
    ]
    assert claims["T-1"]["statement"] == "given W*V = I: show W*(I - V*W) = 0"
    assert claims["T-2"]["repairs"] == ["T-2a"]
    assert claims["T-5"]["errors"][0].startswith("ProofFailure: ideal")
    assert all(c["axioms"] == [] and c["seconds"] >= 0 for c in claims.values())
    assert [i for i, c in claims.items() if "errors" in c] == ["T-5", "T-6"]
    assert [claims["T-7"][key] for key in ("hypotheses", "inequalities", "answers", "cites")] == [
        {"count": 1, "needed": 1},
        {"count": 1, "attained": 1},
        ["TH-1"],
        [],
    ]
    assert claims["T-7a"]["cites"] == ["T-7"] and claims["T-7a"]["inequalities"] == {"count": 1, "attained": 0}
    assert "hypotheses" not in claims["T-2"]


def test_junit_report(streamproof: Run, tmp_path: Path) -> None:
    assert streamproof("check", "--junit", "report.xml").returncode == 1
    (suite,) = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("10", "2", 10)
    failed = [case.get("name", "").split()[0] for case in suite if case.find("failure") is not None]
    assert failed == ["T-5", "T-6"]


def test_certificates_are_written_and_carry_their_statement(streamproof: Run, tmp_path: Path) -> None:
    assert streamproof("check", *GOOD, "--certificates", "a/b").returncode == 0
    folder = tmp_path / "a" / "b"
    kinds = {p.stem: json.loads(p.read_text())["kind"] for p in folder.iterdir()}
    assert kinds == {
        "T-1": "proof",
        "T-1.needs-1": "refutation",
        "T-2": "refutation",
        "T-2a": "proof",
        "T-4": "definition",
    }


def test_certificates_of_the_sharpness_are_kept_with_their_claim(streamproof: Run, tmp_path: Path) -> None:
    """They are refutations, the checker takes them, and those that are no longer made do not stay behind."""
    for name in ("T-7.needs-2.json", "T-7.equality-9.json", "T-1.needs-1.json", "T-7.other-1.json"):
        (tmp_path / name).write_text("{}")
    assert streamproof("check", "T-7", "T-7a", "--certificates", ".").returncode == 0
    names = {"T-7", "T-7.needs-1", "T-7.equality-1", "T-7a", "T-7a.needs-1"}
    left = {"T-1.needs-1", "T-7.other-1"}  # of a claim that was not checked, and not ours
    assert {p.stem for p in tmp_path.glob("*.json")} == names | left
    for name in left:
        (tmp_path / f"{name}.json").unlink()
    done = streamproof("verify", ".")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "5 checked")
    assert json.loads((tmp_path / "T-7a.json").read_text())["cites"].keys() == {"T-7"}


def test_a_claim_that_fails_leaves_no_old_certificate(streamproof: Run, tmp_path: Path) -> None:
    """Otherwise `verify` would go on to approve what can no longer be established."""
    (tmp_path / "T-5.json").write_text("{}")
    assert streamproof("check", "T-5", "--certificates", ".").returncode == 1
    assert not (tmp_path / "T-5.json").exists()


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_a_file_that_is_a_folder_is_refused(streamproof: Run, tmp_path: Path, option: str) -> None:
    assert (
        one_line(streamproof("check", option, tmp_path)) == f"streamproof: cannot write {tmp_path}: it is a directory"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--json", "--junit", "--certificates"])
def test_a_place_that_cannot_be_written_is_refused_up_front(streamproof: Run, tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("kept")
    line = one_line(streamproof("check", option, tmp_path / "file" / "below"))
    assert line.startswith("streamproof: cannot ") and "Not a directory" in line
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "kept")]


def test_a_certificate_folder_that_is_a_file_is_refused(streamproof: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    assert one_line(streamproof("check", "--certificates", "file")).endswith("it is not a folder")


def test_a_refused_run_leaves_the_old_report_alone(streamproof: Run, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("old")
    one_line(streamproof("check", "no-such-id", "--json", "old.json"))
    one_line(streamproof("check", "--json", "old.json", "--junit", tmp_path))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("old.json", "old")]


def test_a_report_can_go_to_a_device(streamproof: Run) -> None:
    """/dev/stdout must be written to, not replaced by a file."""
    done = streamproof("check", "T-1", "--json", "/dev/stdout")
    assert done.returncode == 0
    assert json.loads(done.stdout[: done.stdout.rindex("\n}") + 2])["claims"][0]["verdict"] == "proved"


# ---------------------------------------------------------------- pipes and terminals
def test_a_reader_that_leaves_is_no_error(streamproof: Run, tmp_path: Path) -> None:
    """As in `streamproof check | head -1`: no traceback, and the exit code is that of the check."""
    for ids, code in ((GOOD, 0), ((), 1)):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as closed:
            done = streamproof("check", *ids, capture_output=False, stdout=closed, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line(streamproof: Run) -> None:
    with open("/dev/full", "w") as full:
        done = streamproof("list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "streamproof: cannot write to standard output: No space left on device\n"


def test_a_terminal_gets_a_rich_table(streamproof: Run) -> None:
    """Titles with brackets must appear as they are, and not be taken for markup."""
    leader, follower = pty.openpty()
    env = {"COLUMNS": "120", "TERM": "xterm"}
    done = streamproof("check", "T-1", "T-3", capture_output=False, stdout=follower, stderr=subprocess.PIPE, env=env)
    os.close(follower)
    with os.fdopen(leader, encoding="utf-8", errors="replace") as terminal:
        os.set_blocking(leader, False)
        text = terminal.buffer.raw.read(100_000).decode()  # type: ignore[attr-defined]
    assert (done.returncode, done.stderr) == (0, "")
    assert "─" in text and "W[1]" in text and "2 claims" in text


def test_output_that_the_encoding_lacks_is_escaped(streamproof: Run) -> None:
    done = streamproof("list", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0


# ---------------------------------------------------------------- show, list, verify
def test_show_proves(streamproof: Run) -> None:
    done = streamproof("show", "T-1")
    assert done.returncode == 0
    assert "  h1  W*V = I\n" in done.stdout and "  W*(I - V*W) = 0\n" in done.stdout
    assert "  1. W = W*V*W    (by h1)\n        left - right = -[h1]*W\n" in done.stdout
    assert "Verdict: proved" in done.stdout and "Axioms: none" in done.stdout


def test_show_refutes(streamproof: Run) -> None:
    done = streamproof("show", "T-2")
    assert done.returncode == 0
    assert "  W = [ 1/2  0 ]\n  V = [ 2 ]\n      [ 0 ]\n" in done.stdout
    assert "  V*W = I fails:\n    V*W = [ 1  0 ]\n          [ 0  0 ]\n" in done.stdout
    assert "What is wrong\n  True for square matrices only.\n" in done.stdout
    assert "  T-2a  proved: " in done.stdout


def test_show_names_letters_that_cancel(streamproof: Run) -> None:
    """The normal form of this statement is 0 = 0; the page must still say what it is about."""
    done = streamproof("show", "T-2a")
    assert "  V: d x m\n  W: m x d\n" in done.stdout
    assert "Both sides have the same expansion." in done.stdout


def test_show_says_why_nothing_can_go(streamproof: Run) -> None:
    """The values, and what the conclusion comes to there: a reader must be able to check it by hand."""
    text = streamproof("show", "T-7").stdout
    assert (
        "Without h1: W*V = I\n"
        "  the others hold and the conclusion fails at\n"
        "    d = 1\n"
        "    m = 2\n"
        "    W = [ 1 ]\n"
        "        [ 0 ]\n"
        "    V = [ 1  0 ]\n"
        "    m <= d fails:\n"
        "      m = 2\n"
        "      d = 1\n"
    ) in text
    assert (
        "Equality: m <= d\n"
        "  both sides are equal at\n"
        "    d = 1\n"
        "    m = 1\n"
        "    W = 1\n"
        "    V = 1\n"
        "    m = d holds:\n"
        "      m = 1\n"
        "      d = 1\n"
    ) in text
    text = streamproof("show", "T-7a").stdout
    assert "Equality: m <= 1 + d\n  none: m is at most d (T-7), so one is to spare.\n" in text


def test_show_says_what_a_claim_rests_on_and_what_rests_on_it(streamproof: Run) -> None:
    """A cited claim stands under its own name in the proof, and its proof is not told again."""
    text = streamproof("show", "T-7a").stdout
    assert "  1. d >= m    (T-7)\n  2. d + 1 >= m    (by 1)\n" in text and "Lemma" not in text
    assert "Rests on\n  T-7  proved: A layer can clear no more directions than the stream has\n" in text
    assert "Used by" not in text
    text = streamproof("show", "T-7").stdout
    assert "Used by\n  T-7a  proved: ..nor one more than that\n" in text
    assert text.endswith("Answers TH-1 too\n")


def test_show_an_item_that_has_no_claim_of_its_own(streamproof: Run) -> None:
    for item, line in (("T-8", "T-8a  proved: A square of a product\n"), ("TH-1", "T-7  proved: A layer can clear")):
        done = streamproof("show", item)
        assert done.returncode == 0 and done.stdout.startswith(line)
    assert streamproof("check", "TH-1", "T-8").stdout.count(" proved ") == 2
    assert one_line(streamproof("show", "TH-3")).startswith("streamproof: there is no claim TH-3; ")


def test_show_what_has_no_theorem(streamproof: Run) -> None:
    assert "in W*W: W is m x d and W is m x d" in streamproof("show", "T-3").stdout
    assert "W*V    (m x m)" in streamproof("show", "T-4").stdout
    failing = streamproof("show", "T-5")
    assert failing.returncode == 1 and "V W - I remains" in failing.stdout


def test_show_latex(streamproof: Run) -> None:
    text = streamproof("show", "T-1", "--latex").stdout
    assert "$W \\in \\mathbb{R}^{m \\times d}$" in text and text.endswith(
        "\\[ W\\,\\left(I_{d} - V\\,W\\right) = 0 \\]\n"
    )
    assert one_line(streamproof("show", "T-3", "--latex")).endswith("it has no statement to print")


def test_list(streamproof: Run) -> None:
    lines = streamproof("list").stdout.splitlines()
    assert lines[0] == "T-1   A layer clears what it reads when W V = I"
    assert [line.split()[0] for line in lines] == IDS


@pytest.mark.parametrize(
    ("prefix", "ids"), [("T-2", "T-2 T-2a"), ("T-8", "T-8a"), ("TH-1", "T-7"), ("TH", "T-7 T-8a"), ("T-7a", "T-7a")]
)
def test_list_takes_an_item_or_the_beginning_of_an_id(streamproof: Run, prefix: str, ids: str) -> None:
    lines = streamproof("list", prefix).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ids.split()


def test_list_refuses_what_begins_nothing(streamproof: Run) -> None:
    assert one_line(streamproof("list", "T-22")).startswith("streamproof: there is no claim T-22; did you mean T-2")


def test_verify_passes_arguments_and_exit_code_on(python: Run, tmp_path: Path) -> None:
    """With a stand-in for the checker: what it is given, and that nothing else of ours is imported."""
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, types\n"
        "checker = types.ModuleType('formal.checker')\n"
        "def main(argv):\n"
        "    print(argv, sorted(m for m in sys.modules if m.startswith(('formal.', 'numeric', 'sympy'))))\n"
        "    return 3\n"
        "checker.main = main\n"
        "sys.modules['formal.checker'] = checker\n"
        "from streamproof.cli import main\n"
        "main()\n"
    )
    done = python(script, "verify", "--help", "some", "-x", "path")
    assert (done.returncode, done.stdout) == (3, "['--help', 'some', '-x', 'path'] ['formal.checker']\n")


def test_certificates_verify(streamproof: Run, tmp_path: Path) -> None:
    """What check writes, the separate checker accepts; what was changed, it does not."""
    pytest.importorskip("formal.checker")
    assert streamproof("check", *GOOD, "--certificates", "c").returncode == 0
    assert streamproof("verify", "c").returncode == 0
    path = tmp_path / "c" / "T-1.json"
    path.write_text(path.read_text().replace("A layer", "Every layer"))  # the digest no longer fits
    assert streamproof("verify", "c").returncode == 2


# ---------------------------------------------------------------- several processes
def without_times(text: str) -> str:
    """The output with its clocks stopped."""
    return re.sub(r" +([0-9.]+|ms|[0-9.]+ s)$", "", text, flags=re.MULTILINE)


def test_several_processes_find_the_same(streamproof: Run, tmp_path: Path) -> None:
    """Whatever is written and printed, but for the times, is that of one process."""
    found = []
    for jobs in ("1", "2", "50"):
        done = streamproof("check", "-j", jobs, "--certificates", f"c{jobs}", "--json", "r.json", "--axioms")
        report = json.loads((tmp_path / "r.json").read_text())
        seconds = [c.pop("seconds") for c in report["claims"]]
        assert done.returncode == 1 and min(seconds) >= 0
        files = {p.name: p.read_text() for p in (tmp_path / f"c{jobs}").iterdir()}
        found.append((without_times(done.stdout), done.stderr, report, files))
    assert found[0] == found[1] == found[2]
    assert len(found[0][3]) == 12


def test_processes_that_are_spawned_find_the_same(streamproof: Run, python: Run) -> None:
    """Where processes cannot be forked they begin anew, and open the book themselves."""
    tiny = Path(__file__).with_name("tiny_book.py")
    code = (
        "import sys, runpy, streamproof.workers as w\n"
        "w.START = 'spawn'\n"
        "sys.argv[:] = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    spawned = python("-c", code, tiny, "check", "-j", "2", *GOOD)
    assert (spawned.returncode, spawned.stderr) == (0, "")
    assert without_times(spawned.stdout) == without_times(streamproof("check", *GOOD).stdout)


CRASH = """
import os, runpy, sys
sys.argv[:] = sys.argv[1:]
import formal.claims
establish = formal.claims._establish
formal.claims._establish = lambda claim: os._exit(9) if claim.id == "T-2a" else establish(claim)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_worker_that_dies_is_one_line(python: Run, tmp_path: Path) -> None:
    """As when the system kills it for its memory: no report, no traceback, and the claims that it may have been at."""
    tiny = Path(__file__).with_name("tiny_book.py")
    line = one_line(python("-c", CRASH, tiny, "check", "-j", "2", *GOOD, "--json", "r.json"))
    assert re.fullmatch(r"streamproof: a worker process ended .*; it was checking .*T-2a.*; check with -j 1 .*", line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_a_number_of_processes_that_is_none(streamproof: Run, jobs: str) -> None:
    done = streamproof("check", "T-1", "-j", jobs)
    assert (done.returncode, done.stdout) == (2, "")


# ---------------------------------------------------------------- the second voice
VOICE = """
import sys, types, runpy
from typing import NamedTuple
class Confirmation(NamedTuple):
    agreed: object
    note: str
voice = types.ModuleType("formal.second_voice")
voice.confirm = lambda claim: Confirmation({"T-1": True, "T-2": False}.get(claim.id), f"about {claim.id}")
sys.modules["formal.second_voice"] = voice
sys.argv[0] = sys.argv.pop(1)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_second_voice_has_a_column_and_can_object(python: Run, tmp_path: Path) -> None:
    """An objection fails the check, though the evidence stands; silence (None) does not."""
    (tmp_path / "voice.py").write_text(VOICE)
    tiny = Path(__file__).with_name("tiny_book.py")
    quiet = python("voice.py", tiny, "check", "T-1", "T-4", "--sympy")
    assert quiet.returncode == 0
    head, first, second = quiet.stdout.splitlines()[:3]
    place = head.index("SymPy")
    assert [first[place:].split()[0], second[place:].split()[0]] == ["agrees", "-"]
    done = python("voice.py", tiny, "check", "T-1", "T-2", "--sympy", "--json", "r.json", "--junit", "r.xml")
    assert done.returncode == 1
    assert "DISAGREES" in done.stdout and "T-2: SymPy disagrees: about T-2" in done.stdout
    first_claim, second_claim = json.loads((tmp_path / "r.json").read_text())["claims"]
    assert first_claim["sympy"] == {"agreed": True, "note": "about T-1"}
    assert second_claim["verdict"] == "refuted" and second_claim["errors"] == ["SymPy disagrees: about T-2"]
    assert ElementTree.parse(tmp_path / "r.xml").getroot().get("failures") == "1"


# ---------------------------------------------------------------- help, and how fast it comes
def test_help_and_usage(streamproof: Run) -> None:
    assert streamproof("--help").returncode == 0
    assert "--certificates" in streamproof("check", "--help").stdout
    assert streamproof("check", "--no-such-option").returncode == 2
    assert streamproof("no-such-command").returncode == 2
    assert streamproof("show").returncode == 2


def test_the_command_line_imports_nothing_heavy(python: Run) -> None:
    """Help has to come at once; sympy alone takes longer than a third of a second."""
    code = "import sys, streamproof.cli; print([m for m in ('sympy', 'numpy', 'networkx', 'rich') if m in sys.modules])"
    assert python("-c", code).stdout == "[]\n"


def test_a_piped_check_does_not_import_rich(python: Run) -> None:
    tiny = Path(__file__).with_name("tiny_book.py")
    done = python("-X", "importtime", tiny, "check", "T-1")
    assert done.returncode == 0 and "sympy" in done.stderr
    assert " rich" not in done.stderr


def test_python_m_streamproof(python: Run) -> None:
    assert python("-m", "streamproof", "--help").stdout.startswith("Usage: streamproof ")


def test_this_python_is_supported() -> None:
    assert sys.version_info >= (3, 11)
