"""Proofs as they are read: every way in which a proof is made, and what stays unsaid."""

from __future__ import annotations

from formal.claims import Book, Claim, check, ideal
from formal.kernel.rules import Theorem
from formal.provers import rank as rank_lemmas
from formal.provers.induct import by_induction
from formal.provers.proof import Proof, auto
from formal.statement import Eq, Exists, Identity, Le, dims, inner, matrix, ordered_product, rank, subset_sum
from formal.statement import family as matrix_family
from formal.statement.elaborate import elaborate
from streamproof.chain import proof_lines

d, m, n, k, l, L = dims("d m n k l L")
X, Y = matrix("X", m, k), matrix("Y", k, n)
u, v = matrix("u", d, 1), matrix("v", d, 1)


def read(claim: Claim) -> list[str]:
    result = check(claim)
    assert result.theorem is not None, result.error
    return proof_lines(result.theorem, claim.hypotheses)


def test_cofactors_are_shown() -> None:
    A, B = matrix("A", d, d), matrix("B", d, d)
    one = Identity(d)
    claim = Book().claim(
        "X", "", given=[Eq(B * A, one), Eq(A * matrix("C", d, d), one)], show=Eq(matrix("C", d, d), B), proof=ideal
    )
    text = "\n".join(read(claim))
    assert text.startswith("1. C = B    (by h1 and h2)\n      left - right = ")
    assert "[h1]*C" in text and "B*[h2]" in text


def test_an_identity_needs_no_lines() -> None:
    S = matrix("S", d, d)
    one = Identity(d)
    claim = Book().claim("X", "", show=Eq((one + S) * (one - S), one - S * S), proof=ideal)
    assert read(claim) == ["Both sides have the same expansion."]


def test_a_hypothesis_is_named() -> None:
    S = matrix("S", d, d)
    claim = Book().claim("X", "", given=[Eq(S, 0)], show=Eq(S, 0), proof=auto)
    assert read(claim) == ["This is h1."]


def test_squares() -> None:
    def script(p: Proof) -> Theorem:
        return p.order(squares=[u - v])

    claim = Book().claim("X", "", show=Le(2 * inner(u, v), inner(u, u) + inner(v, v)), proof=script)
    assert read(claim) == [
        "1. u.T*u + v.T*v >= 2*v.T*u    (a sum of squares)",
        "      left - right = |u - v|^2",
    ]


def test_induction_says_base_and_step_and_leaves_ranges_unsaid() -> None:
    T = matrix_family("T", d, d)
    P = ordered_product("P", lambda i: Identity(d) + T[i], l, L)
    S = subset_sum("S", lambda i: T[i], l, L)
    claim = Book().claim("X", "", where=[P, S], show=Eq(P[L], S[L]), proof=by_induction(L))
    assert read(claim) == [
        "1. for all l <= L: P[l] = S[l]    (induction on l)",
        "  Base, l = 0: P[0] = S[0]",
        "    2. P[0] = S[0]    (by h1 and h3)",
        "          left - right = -[h3] + [h1]",
        "  Step, from (i1) P[l] = S[l]: P[l + 1] = S[l + 1]",
        "    3. P[l + 1] = P[l] + T[l + 1]*P[l]    (h2 at l)",
        "    4. S[l + 1] = S[l] + T[l + 1]*S[l]    (h4 at l)",
        "    5. P[l + 1] = S[l + 1]    (by 3, 4 and i1)",
        "          left - right = -[4] + T[l + 1]*[i1] + [3] + [i1]",
        "6. P[L] = S[L]    (1 at l = L)",
    ]


def test_lemmas_are_stated_and_proved_once() -> None:
    Z = matrix("Z", n, d)

    def script(p: Proof) -> Theorem:
        xy, yz = elaborate(X * Y), elaborate(Z)
        p.add(p.lemma(rank_lemmas.product_left(), X=xy, Y=yz))
        p.add(p.lemma(rank_lemmas.product_left(), X=elaborate(X), Y=elaborate(Y)))
        return p.order()

    claim = Book().claim("X", "", show=Le(rank(X * Y * Z), rank(X)), proof=script)
    lines = read(claim)
    assert lines[0] == "1. rank(X*Y) >= rank(X*Y*Z)    (lemma 1 at X = X*Y, Y = Z)"
    assert lines[1] == "2. rank(X) >= rank(X*Y)    (lemma 1)"
    assert [line for line in lines if line.startswith("Lemma")] == ["Lemma 1. rank(X) >= rank(X*Y)"]
    assert any("full-rank factorisation of X" in line for line in lines)


def test_exists_and_what_it_provides() -> None:
    A, B = matrix("A", d, d), matrix("B", d, d)

    def script(p: Proof) -> Theorem:
        return rank_lemmas.introduce_all(p, p.goal, [elaborate(B)])

    given = Eq(A * B, Identity(d))
    claim = Book().claim(
        "X", "", given=[given], show=Exists(matrix("R", d, d), Eq(A * matrix("R", d, d), Identity(d))), proof=script
    )
    assert read(claim) == ["1. there is R (d x d): A*R = I    (with R = B, by h1)"]


def test_a_case_distinction() -> None:
    a = matrix("a", 1, 1)

    def script(p: Proof) -> Theorem:
        return p.cases(a >= 0, lambda q: q.order(products=2), lambda q: q.order(products=2))

    claim = Book().claim("X", "", show=a * a >= 0, proof=script)
    assert read(claim) == [
        "1. Case a >= 0:",
        "  2. a*a >= 0    (by 1)",
        "        left - right = [1]*[1]",
        "3. Case 0 > a:",
        "  4. a*a >= 0    (by 3)",
        "        left - right = [3]*[3]",
        "5. a*a >= 0    (in both cases)",
    ]


def test_a_long_sum_is_cut() -> None:
    letters = [matrix(f"A{i}", d, d) for i in range(12)]
    total, zero = letters[0], [Eq(a, 0) for a in letters]
    for a in letters[1:]:
        total = total + a
    claim = Book().claim("X", "", given=zero, show=Eq(total, 0), proof=ideal)
    assert read(claim)[1].endswith(" + .. (4 more; the certificate has them all)")
