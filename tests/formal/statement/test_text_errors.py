"""Text that says nothing: one clear message, and the place."""

from __future__ import annotations

import pytest

from formal.statement import StatementError, TextError
from formal.statement.errors import WINDOW
from formal.statement.text import parse

# The text with a mark ^ before the place, and words of the message.
WRONG = [
    ("§", "empty"),
    ("§   ", "empty"),
    ("d;§", "the statement is missing"),
    ("d; §A: d x d", "ends with a declaration"),
    ("d; A: d x d; A*A§", "a relation is missing"),
    ("d; A: d x d; §A = 0; A = A", "only the last segment is a statement"),
    ("d; A: d x d; §(A = 0", "never closed"),
    ("d; A: d x d; A§) = 0", "closes nothing"),
    ("d; A: d x d; [A§) = 0", "still open"),
    ("d; A: d x d; A =§ ", "a term is expected"),
    ("d; A: d x d; A §A = 0", "two terms in a row"),
    ("d; A: d x d; 2§A = 0", "two terms in a row"),
    ("d; A: d x d; A §x A = 0", "between sizes only"),
    ("d; A: d x d; A §-> A = 0", "an implication is written =>"),
    ("d, m; W: m §d; W = 0", "x is missing, as in m x d"),
    ("d; A: d x d; exists y: d §A*y = 0", "a dot is missing"),
    ("d; A: d x d; A §# A = 0", "has no meaning"),
    ("d; A: d x d; A = §α", "not ASCII: names have ASCII letters, digits and underscores, such as alpha"),  # noqa: RUF001
    ("d; §Ä: d x d; Ä = 0", "not ASCII"),
    ("d; §_A: d x d; _A = 0", "names begin with a letter"),
    ("d; A: d x d; §for l < 3: A = 0", 'write "for all"'),
    ("d; A: d x d; A*§B = 0", "B is not declared"),
    ("d; Alpha: d x d; §alpha = 0", "did you mean Alpha?"),
    ("d; head_out: d x d; §head_uot = 0", "did you mean head_out?"),
    ("d, m; W: m x d; V: d x m; §WV = I", "write W*V"),
    ("d, m; W: m x d; V: d x m; x: m; §WVx = x", "write W*V*x"),
    ("W: §m x d; W = 0", "m is not declared"),
    ("d; T[l]: d x d; T[§k] = 0", "say for all k < L"),
    ("d; T[l]: d x d; T[§l] = 0", "l is not declared"),
    ("d; A: d x d; for all y: d. A*y = 0 => §y = 0", "bound at column 22"),
    ("d; A, §A: d x d; A = 0", "declared twice"),
    ("d; §d: d x 2; d = 0", "declared twice"),
    ("d; A: d x d; for all §A: d x d. A = 0", "declared twice"),
    ("d; T[l]: d x d; for all l < d: for all §l < d: T[l] = 0", "declared twice"),
    ("§I: 2 x 2; I = 0", "has a meaning already"),
    ("d; §rank: d; rank = 0", "has a meaning already"),
    ("§scalar; 1 = 1", "has a meaning already"),
    ("d, m; W: m x d; W§*W = 0", "in W*W: W is m x d and W is m x d, the inner dimensions d and m differ"),
    ("d, m; W: m x d; V: d x m; 2*W §+ V = 0", "in 2*W + V: 2*W is m x d, V is d x m"),
    ("d, m; W: m x d; V: d x m; W §= V", "in W = V: the left side is m x d, the right side d x m"),
    ("d; A: d x d; A §- 1 = 0", "write I for the identity"),
    ("d; A: d x d; A §<= A", "only scalars are ordered"),
    ("d, m; W: m x d; W§^2 = 0", "not square"),
    ("d, m; W: m x d; §tr(W) = 0", "not square"),
    ("d, m; W: m x d; §<W, W'> = 0", "W.T is d x m"),
    ("d; A: d x d; A§^-1 = I", "an inverse is a letter with hypotheses"),
    ("d; A: d x d; A§^(-d) = I", "an inverse is a letter"),
    ("d; A: d x d; A^§d = I", "prod(k = 1..l, A)"),
    ("d; A: d x d; A^2§^3 = I", "needs brackets"),
    ("d; T[§d]: d x d; T[1] = 0", "is a dimension and the index here"),
    ("d; exists T[§d]: d x d. T[1] = 0", "is a dimension and the index here"),
    ("d; A: d x d; A^0.5 = I", "0.5 cannot be a power"),
    ("d; A: d x d; a: scalar; A§/a = I", "only a non-zero rational divides"),
    ("d; A: d x d; A§/0 = I", "only a non-zero rational divides"),
    ("d; A: d x d; §inv(A) = I", "an inverse is a letter"),
    ("d; A: d x d; §norm(A) = 1", "norm2(A)"),
    ("d; A: d x d; §|A| = 1", "only the square of a norm"),
    ("d; A: d x d; A[1, §2] = 0", "entries of a matrix"),
    ("d; A: d x d; §A[1] = 0", "is one matrix"),
    ("d; T[l]: d x d; §T = 0", "write T[l]"),
    ("d; A: d x d; §A(A) = 0", "write A*(...)"),
    ("d; f: d -> d; §f = 0", "write f(x)"),
    ("d; f[l]: d -> d; x: d; §f(x) = 0", "write f[l](x)"),
    ("d, m; f: d -> d; y: m; §f(y) = 0", "the argument must be d x 1"),
    ("d; f: d -> d; y: d; §f(y, y) = 0", "1 argument, not 2"),
    ("d; A: d x d; §rank(A, A) = 0", "1 argument, not 2"),
    ("d; A: d x d; §rank = 0", "rank is written rank(A)"),
    ("d; A: d x (d §- 1); A = 0", "may be negative"),
    ("d; T[l]: d x d; for all l < d: T[l §- 1] = 0", "shift the index"),
    ("d; A: d x §2.5; A = 0", "2.5 cannot be a size"),
    ("d; §A: d x A; A = 0", "of this type itself"),
    ("d; B: d x d; A: d x §B; A = 0", "B is a matrix, where a size is needed"),
    ("d[l]; A: §d x 2; A = 0", "write d[l]"),
    ("d; A: §d[1] x 2; A = 0", "not a family"),
    ("d; T[l]: d x d; for all l < §2000: T[l] = 0", "up to 1000"),
    ("§I = I", "the size of this I does not follow"),
    ("d; A: d x d; A*[I, §0] = 0", "the shape of this 0 does not follow"),
    ("d; A: d x d; rank([A, §0]) = 0", "the shape of this 0 does not follow"),
    ("m, n; A: m x n; [A, A§'] = 0", "block 1, 2 is A.T, of shape n x m"),
    ("m, n; A: m x n; [A, A; §A] = 0", "differ in their number"),
    ("a, b: scalar; a*§min(a, b) = 0", "can be unfolded in sums"),
    ("a, b: scalar; (a + §max(a, b))^2 = 0", "can be unfolded in sums"),
    ("a: scalar; a <= §min()", "needs values"),
    (
        "d, L; T[l]: d x d; for all k < L: sum(l = 1..L, T[l]§*T[k]) = 0",
        "may not depend on k, which is bound at column 28",
    ),
    ("d; T[l]: d x d; for all n. sum(§l = 1..n, T[l]) = 0", "a quantifier binds"),
    ("d, L; T[l]: d x d; sum(l = L§..1, T[l]) = 0", "how many l there are may be negative"),
    ("d, L; T[l]: d x d; §sum(T[l]) = 0", "write sum(l = 1..L, T[l])"),
    ("d, L; V[l]: d x l; sum(l = 1..L, §V[l]) = 0", "the terms of a sum have one shape"),
    ("d, L; T[l]: d x d; for all §L < L: T[L] = 0", "the limit of L mentions L"),
    ("d; A: d x d; exists §r, C: d x r. A = C*C'", "of this type itself"),
    ("§d, W: m x d; W = 0", "of this type itself"),
    ("d; A: d x d; (A + A)§^50 = 0", "multiplied out"),
    ("a: scalar; a = §" + "9" * 60, "60 digits"),
    ("a: scalar; a = 2^100*2^100*2^100§*2^100", "digits"),
    ("d; A: d x d; A^§1000 = 0", "up to 100"),
    ("§" + "W" * 50 + " = 0", "40 are the limit"),
    ("d; A: d x d; " + "-" * 50 + "A = 0", "nested too deeply"),
    ("1;" * 300 + "1 = 1", "segments"),
    ("d; A: d x d; A = 0 " + "and A = 0 " * 1000, "10000 are the limit"),
    ("a, b: scalar; " + " + ".join(["min(a, b)"] * 8) + " = 0", "more than 64 relations"),
    ("d; A: d x d; [" + ", ".join("A" * 11) + "] = 0", "more than 10 rows or columns"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_is_refused(text: str, words: str) -> None:
    plain, column = text.replace("§", ""), text.find("§") + 1
    with pytest.raises(TextError) as caught:
        parse(plain)
    assert words in caught.value.problem
    assert column in (0, caught.value.column)


def test_the_place_is_shown() -> None:
    with pytest.raises(StatementError) as caught:
        parse("d, m; W: m x d; W*W = 0")
    assert str(caught.value).splitlines() == [
        "column 18: in W*W: W is m x d and W is m x d, the inner dimensions d and m differ",
        "    d, m; W: m x d; W*W = 0",
        "                     ^",
    ]


def test_a_clash_of_shapes_keeps_its_operation() -> None:
    """So that it can be evidence, as one of the language is."""
    with pytest.raises(TextError) as caught:
        parse("d, m; W: m x d; W*W = 0")
    assert caught.value.op == "mul"
    assert [str(e) for e in caught.value.parts] == ["W", "W"]


@pytest.mark.parametrize("place", [0, 40, 500, 960])
def test_of_a_long_text_a_window_is_shown(place: int) -> None:
    """The caret is below the sign, whatever is cut off; a line break or a tab takes one column."""
    text = "d; A: d\tx d;\n" + "A*A - " * 160 + "A*A = 0"
    at = text.index("*", place)
    with pytest.raises(TextError) as caught:
        parse(text[:at] + "?" + text[at + 1 :])
    _, line, caret = str(caught.value).splitlines()
    assert caught.value.column == at + 1
    assert line[len(caret) - 1] == "?"
    assert len(line) <= WINDOW + 10
