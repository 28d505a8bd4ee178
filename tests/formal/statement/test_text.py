# ruff: noqa: RUF001 -- the signs that look like others are what is tested
"""One line of text: what it means, in all its notations."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from formal.claims import Claim, check, stated
from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    Trace,
    blocks,
    define,
    dim_family,
    dims,
    direct_sum,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    ordered_product,
    rank,
    running_sum,
    scalars,
    vector,
)
from formal.statement.blocks import direct_sums
from formal.statement.language import lift
from formal.statement.text import Statement, parse

from .texts import VALID, meaning, same

d, m, n, i, j, l, L, r = dims("d m n i j l L r")
A, B, W, V = matrix("A", n, n), matrix("B", n, n), matrix("W", m, d), matrix("V", d, m)
C, F, X = matrix("C", n, r), matrix("F", r, n), matrix("X", n, n)
x, y, u, v, z = *(vector(name, d) for name in "xyuv"), vector("z", n)
a, b, c = scalars("a b c")
T = family("T", d, d)
I = Identity(d)
GUIDE = (Path(__file__).parents[3] / "docs" / "text.md").read_text(encoding="utf-8")


def says(text: str, show: object, given: tuple[object, ...] = (), where: tuple[object, ...] = ()) -> None:
    """The text has this meaning; bounds of dimensions are left out."""
    assert same(parse(text), Statement(given, show, where))  # type: ignore[arg-type]


LETTERS = "d >= 0, m >= 0, n >= 0, L, l; A, B: n x n; W: m x d; V: d x m; x, y: d; a, b, c: scalar; T[l]: d x d; "


@pytest.mark.parametrize(
    ("text", "prop"),
    [
        ("W*V = I", Eq(W * V, Identity(m))),
        ("(I - V*W)*(I + V*W) = I", Eq((I - V * W) * (I + V * W), I)),
        ("W*V - I = 0", Eq(W * V - Identity(m), 0)),
        ("V*W + 0 = 0", Eq(V * W, 0)),
        ("A*I*B = I*A*B*I(n)", Eq(A * B, A * B)),
        ("2*I = A", Eq(2 * Identity(n), A)),
        ("<x, y>*I = x*y'", Eq(inner(x, y) * I, x * y.T)),
        ("(I + I)*x = 2*x", Eq(2 * x, 2 * x)),
        ("A^3 = A**2*A", Eq(A**3, A**3)),
        ("A^0 = I", Eq(Identity(n), Identity(n))),
        ("A' = A.T and A^T = B.T'", And(Eq(A.T, A.T), Eq(A.T, B))),
        ("-A*B - -A = 0", Eq(-A * B + A, 0)),
        ("A/2 = 1/2*A", Eq(A / 2, A / 2)),
        ("a = 0.25 + 3/4*2", Eq(a, lift(1) / 4 + lift(3) / 2)),
        ("-2^2*a = a", Eq(-4 * a, a)),
        ("tr(A*B) = trace(B*A) = Tr(A)", And(Eq(Trace(A * B), Trace(B * A)), Eq(Trace(B * A), Trace(A)))),
        ("<x, y>^2 <= norm2(x)*norm2(y)", Le(inner(x, y) ** 2, norm2(x) * norm2(y))),
        ("<x, y>>=0", Le(0, inner(x, y))),
        ("<x, y>=0", Eq(inner(x, y), 0)),
        ("<A, B> = inner(A, B)", Eq(Trace(A.T * B), Trace(A.T * B))),
        ("|x|^2 = ||x||^2 = |x|_F^2", And(Eq(norm2(x), norm2(x)), Eq(norm2(x), norm2(x)))),
        ("|x - |y|^2*x|^4 = 0", Eq(norm2(x - norm2(y) * x) ** 2, 0)),
        ("a < b <= c", And(Lt(a, b), Le(b, c))),
        ("a > b != c", And(Lt(b, a), Ne(b, c))),
        ("m*d + 1 <= rank(A)", Le(m * d + 1, rank(A))),
        ("not a = b and b = c or a = c", Or(And(Not(Eq(a, b)), Eq(b, c)), Eq(a, c))),
        ("a = b <=> b = a", Iff(Eq(a, b), Eq(b, a))),
        ("(a = b => b = c => c = a)", Implies(Eq(a, b), Implies(Eq(b, c), Eq(c, a)))),
        ("for all l < L: T[l + 1] = 0 and T[l] = I", Each(l, L, And(Eq(T[l + 1], 0), Eq(T[l], I)))),
        ("for all l <= L: T[l] = 0", Each(l, L + 1, Eq(T[l], 0))),
        ("for all l = 1..L: T[l] = T[l - 1]", Each(l, L, Eq(T[l + 1], T[l]))),
        ("for all l = 2..L + 1. T[l] = 0", Each(l, L, Eq(T[l + 2], 0))),
        ("for all 1 <= l <= L: T[l] = l*I", Each(l, L, Eq(T[l + 1], (l + 1) * I))),
        ("for all 0 < l < L + 1: T[l] = 0", Each(l, L, Eq(T[l + 1], 0))),
        (
            "for all i, j < L: T[i]*T[j] = 0",
            Each(i, L, Each(j, L, Eq(T[i] * T[j], 0))),
        ),
        ("exists l < L: T[l] = 0", Exists(l, And(Lt(l, L), Eq(T[l], 0)))),
        ("for all X: n x n, z: n. X*z = 0", ForAll((X, z), Eq(X * z, 0))),
        ("for all u, v: d. <u, v> = 0", ForAll((u, v), Eq(inner(u, v), 0))),
        (
            "exists r. exists C: n x r, F: r x n. A = C*F",
            Exists((r, C, F), Eq(A, C * F)),
        ),
        ("exists R[k]: d x d. R[L] = I", Exists(family("R", d, d), Eq(family("R", d, d)[L], I))),
        ("exists f: d -> 1. f(x) = 0", Exists(opaque("f", d, 1), Eq(opaque("f", d, 1)(x), 0))),
        ("a <= min(b, c)", And(Le(a, b), Le(a, c))),
        ("min(a, b) <= c", Or(Le(a, c), Le(b, c))),
        ("max(a, b) < c", And(Lt(a, c), Lt(b, c))),
        ("a >= max(b, c)", And(Le(b, a), Le(c, a))),
        ("a - 2*min(b, c) <= 0", And(Le(a - 2 * b, 0), Le(a - 2 * c, 0))),
        ("rank(A)*max(b, c)/3 >= a", Or(Le(a, rank(A) * b / 3), Le(a, rank(A) * c / 3))),
        ("-d*max(b, c) >= a", And(Le(a, -d * b), Le(a, -d * c))),
        ("a != max(b, c)", Not(And(Or(Le(a, b), Le(a, c)), And(Le(b, a), Le(c, a))))),
        ("min(a, b, c) >= 0", And(Le(0, a), Le(0, b), Le(0, c))),
        ("W = zeros(m, d)", Eq(W, 0)),
    ],
)
def test_what_a_text_means(text: str, prop: object) -> None:
    """Each notation, next to the same proposition in Python."""
    says(LETTERS + text, prop)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A @ B = A·B", "A*B = A*B"),
        ("A == B", "A = B"),
        ("rank(A) ≤ 1 ∧ rank(A) ≥ 0", "rank(A) <= 1 and rank(A) >= 0"),
        ("A ≠ B & B ≠ A && A ≠ 0", "A != B and B != A and A != 0"),
        ("A = 0 ∨ ¬ B = 0", "A = 0 or not B = 0"),
        ("A = 0 ⇒ B = 0", "A = 0 => B = 0"),
        ("A = 0 ==> B = 0", "A = 0 => B = 0"),
        ("A = 0 ⇔ B = 0", "A = 0 iff B = 0"),
        ("A′ = Aᵀ", "A' = A.T"),
        ("A² − B = 0", "A^2 - B = 0"),
        ("⟨x, y⟩ = ‖x‖²", "<x, y> = |x|^2"),
        ("∀ u: d. <u, x> = 0", "for every u: d. <u, x> = 0"),
        ("forall u: d. <u, x> = 0", "for each u: d. <u, x> = 0"),
        ("∃ u: d. <u, x> = 1", "there is u: d. <u, x> = 1"),
        ("there exists u: d. <u, x> = 1", "there are u: d. <u, x> = 1"),
        ("A^{2} = A^(1 + 1)", "A^2 = A*A"),
        ("prod(T[l], l = 1…L) = 0", "prod(k = 1..L, T[k]) = 0"),
    ],
)
def test_other_ways_to_type_it(one: str, other: str) -> None:
    assert str(parse(LETTERS + one).show).replace("k", "l") == str(parse(LETTERS + other).show).replace("k", "l")


def test_unicode_between_sizes_and_in_types() -> None:
    assert same(parse("m,d>=0;W:m×d;f:d→m;W=W"), parse("m, d >= 0; W: m x d; f: d -> m; W = W"))
    assert same(parse("A:2x3;A=0"), parse("A: 2 x 3; A = 0"))


def test_a_size_may_be_the_index() -> None:
    A_ = family("A", lambda k: k, lambda k: k + 1)
    says("l; A[k]: k x k + 1; rank(A[l + 1]) <= l + 1", Le(rank(A_[l + 1]), l + 1))
    says("d >= 0, m[l], l; A[l]: d x m[l]; A[l] = 0", Eq(family("A", d, lambda k: dim_family("m")[k])[l], 0))


def test_hypotheses_are_listed_one_by_one() -> None:
    """Commas, `and` and chains separate them, brackets keep them together."""
    found = parse("a, b, c: scalar; a = 0 and b = 0, a <= b <= c, (a = b and b = c) => a = c => b = c")
    assert [str(p) for p in found.given] == ["a = 0", "b = 0", "a <= b", "b <= c", "a = b and b = c", "a = c"]
    assert str(found.show) == "b = c"


def test_several_conclusions_are_one() -> None:
    assert str(parse("a, b: scalar; a = 0 => b = 0, a = b").show) == "b = 0 and a = b"


# ---------------------------------------------------------------- dimensions
@pytest.mark.parametrize(
    ("declared", "bounds"),
    [
        ("d, m, L; A: d x m", ["1 <= d", "1 <= m"]),
        ("d >= 0, m, L >= 2; A: d x m", ["1 <= m", "2 <= L"]),
        ("m, d >= 3, L; A[l]: d x L*m", ["1 <= m", "3 <= d", "1 <= L"]),
        ("d, m[l]; A[l]: d x m[l]", ["1 <= d"]),
        ("d, m, k; phi: d -> m x 2", ["1 <= d", "1 <= m"]),
        ("A: 2 x 3", []),
    ],
)
def test_dimensions_are_positive_where_they_are_sizes(declared: str, bounds: list[str]) -> None:
    assert [str(p) for p in parse(f"{declared}; 0 <= 1").given] == bounds


def test_bounds_come_last_and_bound_dimensions_have_none() -> None:
    found = parse("m, n; A: m x n; A = 0 => exists r. exists C: m x r. A*A' = C*C'")
    assert [str(p) for p in found.given] == ["A = 0", "1 <= m", "1 <= n"]


# ---------------------------------------------------------------- sums and products over layers
def test_a_sum_is_a_running_sum() -> None:
    says(
        "d >= 0, L; T[l]: d x d; sum(l = 1..L, T[l]) = 0",
        Eq(family("S", d, d)[L], 0),
        where=(running_sum("S", lambda k: T[k], l, L),),
    )


def test_a_product_has_the_latest_on_the_left() -> None:
    P = ordered_product("P", lambda k: I + T[k], l, L)
    says("d >= 0, L; T[l]: d x d; prod(l = 1..L, I + T[l]) = 0", Eq(P[L], 0), where=(P,))


def test_a_product_of_changing_sizes() -> None:
    """W[L] .. W[1] takes width h[1] to width h[L + 1]."""
    h = dim_family("h")
    W_ = family("W", lambda k: h[k + 1], lambda k: h[k])
    P = define("P", l, L, Identity(h[1]), lambda k, P: W_[k + 1] * P[k], rows=lambda k: h[k + 1], cols=h[1])
    says("h[l], L; W[l]: h[l+1] x h[l]; rank(prod(l = 1..L, W[l])) <= h[1]", Le(rank(P[L]), h[1]), where=(P,))


def test_equal_sums_are_one_family_and_reach_far_enough() -> None:
    found = parse("d, L; T[l]: d x d; sum(l = 1..L + 1, T[l]) = sum(k = 1..L, T[k]) + sum(l = 0..L, T[l + 1]) + T[1]")
    assert str(found.show) == "S[L + 1] = S[L] + S[L + 1] + T[1]"
    assert [str(f.defined[1]) for f in found.where] == ["for all l < L + 1: S[l + 1] = S[l] + T[l + 1]"]


def test_sums_in_sums_and_below_quantifiers() -> None:
    found = parse("d, L; T[l]: d x d; for all k < L: sum(l = 1..k + 1, sum(j = 1..l, T[j])) = 0")
    assert str(found.show) == "for all k < L: S_2[k + 1] = 0"
    assert [str(f.defined[1].bound) for f in found.where] == ["L", "L"]


def test_unnamed_letters_avoid_the_names_of_the_text() -> None:
    found = parse("d, L; S, P, E_7, F: d x d; T[l]: d x d; sum(l=1..L, T[l])*S = prod(l=1..L, T[l])*P*[S, F]*[S; F]")
    assert str(found.show) == "S_2[L]*S = P_2[L]*P*(S*G_1.T + F*G_2.T)*(G_1*S + G_2*F)"


# ---------------------------------------------------------------- blocks
def test_blocks_are_products_with_injections() -> None:
    M, N, D = matrix("M", m, m), matrix("N", m, n), matrix("D", n, n)
    E = direct_sum("E", m, n)
    says(
        "m >= 0, n >= 0; M: m x m; N: m x n; D: n x n; [M, N; 0, D]*[I; 0] = [M; 0] "
        "=> tr([M, N; 0, D]) = tr(M) + tr(D)",
        Eq(Trace(blocks([[M, N], [0, D]], E, E)), Trace(M) + Trace(D)),
        given=(
            Eq(blocks([[M, N], [0, D]], E, E) * blocks([[Identity(m)], [0]], E), blocks([[M], [0]], E)),
            *E.equations,
        ),
    )


def test_blocks_with_the_same_sizes_share_their_injections() -> None:
    found = parse("m, n; A: m x n; [I, A; 0, I]*[I, -A; 0, I] = [I, 0; 0, I]")
    assert {x.name for x in Claim("X-1", "", *found[:2]).free_variables[0]} == {"A", "E_1", "E_2"}
    assert direct_sums(found.given) == [direct_sum("E", m, n)]


def test_more_than_two_blocks_and_zeros_that_follow() -> None:
    found = parse("m, n, k; A: m x n; B: n x k; [0, A, 0; 0, 0, B; 0, 0, 0]^3 = 0")
    assert len(direct_sums(found.given)[0].injections) == 3
    assert str(found.show.parts[0].shape) == "(k + m + n, k + m + n)"


# ---------------------------------------------------------------- the book
BOOK = {
    "VW-L4": "d >= 0; T: d x d; v: d; T*v = 0 => (I + T)*v = 0",
    "VW-C1": "d >= 0, m_i >= 0, m_k >= 0; W_k: m_k x d; V_i: d x m_i; W_k != 0, V_i != 0 => W_k*V_i != 0",
    "TH-9": "d >= 0, n >= 0, m_i >= 0, m_k >= 0; W: m_k x d; M: d x n; V: n x m_i; "
    "rank(W*M) + rank(M*V) <= rank(M) + rank(W*M*V)",
    "VW-T1b": "d >= 0, j, n; T[l]: d x d; rank(prod(l = 1..j + n + 1, I + T[l])) <= rank(I + T[j+1])",
    "VW-T2c": "d >= 0, m_i >= 0, m_j >= 0; V_i: d x m_i; W_j: m_j x d; exists r. exists K: d x r, J: r x d, "
    "G: m_i x r, H: d x m_j. "
    "J*K = I and W_j*K = 0 and K = V_i*G and V_i = K*J*V_i + H*W_j*V_i and rank(V_i) = rank(W_j*V_i) + r",
    "VW-C1e": "d >= 0, L, m[l], m_k >= 0, m_i >= 0; V[l]: d x m[l]; W[l]: m[l] x d; W_k: m_k x d; V_i: d x m_i; "
    "for all l = 1..L: W[l]*V_i = 0 => W_k*prod(l = 1..L, I + V[l]*W[l])*V_i = W_k*V_i",
    "VW-U10a": "d >= 0; W_OV: d x d; u: d; lam: scalar; W_OV*u = lam*u, lam < 0 => |u + W_OV*u|^2 <= |u|^2",
    "TH-10a": "n >= 0; N: n x n; delta: n x n -> scalar; for all X, Y: n x n. delta(X*Y) = delta(X)*delta(Y), N^2 = 0 "
    "=> delta(I + N) = delta(I)",
}


@pytest.mark.parametrize("id", BOOK)
def test_claims_of_the_book_typed_by_hand(id: str) -> None:
    """The text and the book have the same hypotheses and the same conclusion, down to the kernel."""
    from formal.book import BOOK as CLAIMS

    assert meaning(parse(BOOK[id])) == meaning(CLAIMS.claims[id])


def test_a_claim_of_text_can_be_checked() -> None:
    claim = stated("d, m; W: m x d; V: d x m; W*V = I => V*W = I")
    witness = {"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]]}
    assert check(replace(claim, witness=witness)).verdict == "refuted"


# ---------------------------------------------------------------- the guide
EXAMPLES = re.findall(r"^    (\S.*)$", re.sub(r"^```.*?^```$", "", GUIDE, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)


@pytest.mark.parametrize("text", [*EXAMPLES, *VALID])
def test_examples_can_be_read(text: str) -> None:
    meaning(parse(text))


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) >= 6


def test_the_parser_is_loaded_with_the_first_text_only() -> None:
    """Whoever writes statements in Python does not wait for it."""
    code = "import formal.claims, formal.statement.text, sys; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
