"""The helper for test suites: what passes, what fails, and what a failing test shows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from formal.claims import claim, ideal
from formal.statement import Eq, Identity, StatementError, dims, matrix, opaque, vector
from streamproof.testing import UnexpectedVerdict, assert_proved, assert_refuted, table

d, m = dims("d m")
W, V, x = matrix("W", m, d), matrix("V", d, m), vector("x", d)
TRUE = claim("A layer clears", given=[Eq(W * V, Identity(m))], show=Eq(W * (Identity(d) - V * W), 0))
FALSE = claim("..and writes all back", given=[Eq(W * V, Identity(m))], show=Eq(V * W, Identity(d)))
WITNESS = {"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]]}


def test_what_is_so_passes() -> None:
    assert_proved(TRUE)
    assert_refuted(FALSE)
    assert_refuted(FALSE, WITNESS)
    assert_proved("d; A: d x d; A*A = A => A*A*A = A")
    assert_refuted("d; A: d x d; A*A*A = A => A*A = A")


def test_what_is_not_so_fails_and_shows_what_was_found() -> None:
    with pytest.raises(UnexpectedVerdict, match=r"not proved\nREFUTED  ") as failed:
        assert_proved(FALSE)
    assert "Counterexample\n" in str(failed.value)
    assert failed.value.decision is not None and failed.value.decision.verdict == "refuted"
    with pytest.raises(AssertionError, match=r"not refuted\nPROVED  "):
        assert_refuted(TRUE)


def test_a_witness_must_be_one() -> None:
    """Also where the claim is false, and where it comes with a proof."""
    with pytest.raises(UnexpectedVerdict, match="the witness does not refute statement: KernelError"):
        assert_refuted(FALSE, {"d": 1, "m": 1, "W": [[1]], "V": [[1]]})
    with pytest.raises(UnexpectedVerdict, match="the witness gives no value for V"):
        assert_refuted(FALSE, {"d": 1, "m": 1, "W": [[1]]})
    proved = claim(given=TRUE.given, show=TRUE.show, proof=ideal)
    with pytest.raises(UnexpectedVerdict, match="the witness does not refute"):
        assert_refuted(proved, WITNESS)


def test_a_map_is_a_table() -> None:
    phi = opaque("phi", d, d)
    linear = claim(show=Eq(phi(2 * x), 2 * phi(x)))
    assert_refuted(linear, {"d": 1, "x": [["1/2"]], "phi": table(([["1/2"]], [[0]]), ([[1]], [["1/3"]]))})
    with pytest.raises(UnexpectedVerdict, match=r"the witness does not refute .*KeyError"):
        assert_refuted(linear, {"d": 1, "x": [[7]], "phi": table(([["1/2"]], [[0]]))})


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_time_must_come_to_an_end(seconds: float) -> None:
    with pytest.raises(ValueError, match="is not a number of seconds"):
        assert_proved(TRUE, seconds=seconds)


def test_bad_statements_are_errors_and_no_failures() -> None:
    with pytest.raises(StatementError):
        assert_proved("d; A: d x d; A*B = 0")
    with pytest.raises(StatementError, match="states no proposition"):
        assert_refuted(claim(defines=W))


def test_pytest_shows_the_decision_and_not_the_helper(
    tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "test_it.py").write_text(
        "from formal.claims import claim\nfrom formal.statement import *\n"
        "from streamproof.testing import assert_proved\n\n\n"
        "def test_it():\n    d = dims('d')\n    A = matrix('A', d, d)\n    assert_proved(claim(show=Eq(A*A, A)))\n"
    )
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path)
    assert done.returncode == 1
    assert "REFUTED  statement" in done.stdout and "test_it.py:9: UnexpectedVerdict" in done.stdout
    assert "def _expect" not in done.stdout and "def assert_proved" not in done.stdout
