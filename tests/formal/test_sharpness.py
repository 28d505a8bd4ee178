"""Nothing in a proved claim can go, and the book answers every item of the chapters."""

from __future__ import annotations

from typing import Any

import pytest

from formal.book import BOOK
from formal.claims import PROVED, REFUTED, Book, Claim, Result, check, cite, cited, ideal
from formal.kernel import rules
from formal.kernel.rules import Theorem
from formal.provers.instances import at_instance
from formal.provers.proof import Proof, Script
from formal.provers.rank import introduce_all
from formal.statement import And, Each, Eq, Exists, ForAll, Identity, Implies, dims, matrix, opaque, scalars

d, m, n, j = dims("d m n j")
W, V, I_m = matrix("W", m, d), matrix("V", d, m), Identity(m)
A, B, C = (matrix(name, n, n) for name in "ABC")
a, b, c = scalars("a b c")

CHAPTERS = [
    *(f"RS-{name}{i}" for name, last in (("Ex", 5), ("U", 12)) for i in range(1, last + 1)),
    *(f"RS-{name}" for name in ("L1", "P1", "L1.1", "P1.1", "O1", "T1", "T1.1", "C1.1", "C1.2")),
    *(f"VW-{name}{i}" for name, last in zip("DLTCU", (2, 12, 7, 6, 11), strict=True) for i in range(1, last + 1)),
    *(f"TH-{i}" for i in range(1, 30)),
]


def title(claim: Claim) -> str:
    return claim.id


def made(**parts: Any) -> Result:
    """The result of a claim of another book."""
    return check(Book().claim("X-1", "a claim", **parts))


# ---------------------------------------------------------------- the book
@pytest.mark.parametrize("claim", list(BOOK), ids=title)
def test_nothing_in_a_proved_claim_can_go(claim: Claim, results: dict[str, Result]) -> None:
    """Each hypothesis has its counterexample, each inequality its instance of equality or a reason why not."""
    result = results[claim.id]
    assert claim.gaps() == []
    assert result.failures == []
    if result.verdict == PROVED:
        reasons = [e for e in claim.equalities if isinstance(e, str)]
        assert len(result.sharpness) == len(claim.given) + len(claim.inequalities) - len(reasons)
        assert all(reasons)


@pytest.mark.parametrize("item", CHAPTERS)
def test_every_item_is_answered(item: str) -> None:
    """By a claim of its own, or by one that says that it answers it too."""
    assert [claim.id for claim in BOOK.answers(item)]


def test_the_items_that_claims_answer_too_exist() -> None:
    """A tag with a slip of the pen would answer nothing."""
    assert {item for claim in BOOK for item in claim.also} - set(CHAPTERS) == set()
    assert {claim.base for claim in BOOK} - set(CHAPTERS) == set()


def test_three_axioms_at_most(results: dict[str, Result]) -> None:
    """Analysis enters by name, and hardly anywhere."""
    assert len({axiom for result in results.values() for axiom in result.axioms}) <= 3


@pytest.mark.parametrize("claim", list(BOOK), ids=title)
def test_every_claim_can_be_read(claim: Claim) -> None:
    """A title and a sentence; where an item is false or has no type, what went wrong; where it is true, nothing."""
    assert claim.title
    assert claim.sentence
    failed = claim.witness is not None or claim.disproof is not None or claim.ill_typed is not None
    assert claim.wrong or not failed
    assert len(claim.title) <= 120
    assert claim.sentence.endswith(".")
    assert not claim.wrong or claim.wrong.endswith(".")


def test_titles_tell_claims_apart() -> None:
    """Two claims under one title could not be found."""
    titles = [claim.title for claim in BOOK]
    assert sorted({t for t in titles if titles.count(t) > 1}) == []


# ---------------------------------------------------------------- what passes for an instance, and what does not
def width(needed: Any = (), attained: Any = ()) -> Result:
    """W V = I gives m <= d."""
    return made(given=[Eq(W * V, I_m)], show=m <= d, proof=_by_width, needed=needed, attained=attained)


def _by_width(p: Proof) -> Theorem:
    return rules.rank_identity(p.facts[0], p.term(W), p.term(V))


EMPTY = {"d": 0, "m": 1, "W": [[]], "V": []}
UNIT = {"d": 1, "m": 1, "W": [[1]], "V": [[1]]}


def product_of_squares(*needed: Any, **more: Any) -> Result:
    """a = b and b = c give a a = c c."""
    return made(given=[Eq(a, b), Eq(b, c)], show=Eq(a * a, c * c), proof=ideal, needed=needed, **more)


def at(x: int, y: int, z: int) -> dict[str, Any]:
    return {"a": [[x]], "b": [[y]], "c": [[z]]}


def test_good_instances_pass() -> None:
    """So that the refusals below are not refusals of everything."""
    assert width([EMPTY], UNIT).failures == []
    assert [r.verdict for r in width([EMPTY], [UNIT]).sharpness] == [REFUTED, REFUTED]
    assert product_of_squares(at(0, 1, 1), at(0, 0, 1)).failures == []


@pytest.mark.parametrize(
    ("needed", "named"),
    [
        ((at(0, 2, 1), at(0, 0, 1)), "X-1.needs-1"),  # the second hypothesis fails too
        ((at(0, 0, 1), at(0, 0, 1)), "X-1.needs-1"),  # the first holds, and the second fails
        ((at(0, 1, 1), at(0, 1, 2)), "X-1.needs-2"),  # the first fails too
        ((at(-1, 1, 1), at(0, 0, 1)), "X-1.needs-1"),  # the conclusion holds
        ((at(1, 1, 1), at(0, 0, 1)), "X-1.needs-1"),  # everything holds
        ((at(0, 1, 1), {"a": [[0]], "b": [[0]]}), "X-1.needs-2"),  # a letter has no value
        ((at(0, 1, 1), {"a": [[0]], "b": [[0]], "c": [[0, 1]]}), "X-1.needs-2"),  # or one of another shape
        ((at(0, 1, 1), {}), "X-1.needs-2"),
        ((at(0, 1, 1), ideal), "X-1.needs-2"),  # a script that proves nothing of the kind
    ],
)
def test_a_wrong_instance_is_refused_and_named(needed: Any, named: str) -> None:
    """The claim keeps its verdict, for it is proved; what fails is the sharpness that it asserts."""
    result = product_of_squares(*needed)
    assert result.verdict == PROVED
    assert len(result.failures) == 1
    assert result.failures[0].startswith(named + ",")


def test_an_instance_in_the_wrong_place_is_refused() -> None:
    """Instances are given in the order of the hypotheses."""
    assert len(product_of_squares(at(0, 0, 1), at(0, 1, 1)).failures) == 2


def test_too_many_instances_are_a_failure() -> None:
    """An instance of nothing shows that the claim was changed and its evidence was not."""
    extra = product_of_squares(at(0, 1, 1), at(0, 0, 1), at(0, 0, 1))
    assert any("2 hypotheses, but 3 are shown needed" in failure for failure in extra.failures)
    assert any("fewer than are attained" in failure for failure in width([EMPTY], [UNIT, UNIT]).failures)


@pytest.mark.parametrize(
    "attained",
    [
        {"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]]},  # 1 < 2
        {"d": 1, "m": 1, "W": [[1]], "V": [[0]]},  # equal sizes, but W V = 0
        EMPTY,
        [{"d": 1, "m": 1}],
    ],
)
def test_an_instance_without_equality_is_refused(attained: Any) -> None:
    """Equality has to hold where all hypotheses hold."""
    result = width([EMPTY], attained)
    assert result.verdict == PROVED
    assert [failure.split(",")[0] for failure in result.failures] == ["X-1.equality-1"]


def test_each_inequality_has_its_own_instance() -> None:
    """One instance serves all inequalities only if it is one of equality in each."""
    both = And(a <= a + b * b, b <= b + a * a)

    def sharp(attained: Any) -> list[str]:
        failures = made(show=both, proof=_in_parts, attained=attained).failures
        return [failure.split(",")[0] for failure in failures]

    first, second, neither = ({"a": [[x]], "b": [[y]]} for x, y in ((1, 0), (0, 1), (1, 1)))
    assert sharp([first, second]) == []
    assert sharp([second, first]) == ["X-1.equality-1", "X-1.equality-2"]
    assert sharp(first) == ["X-1.equality-2"]
    assert sharp(neither) == ["X-1.equality-1", "X-1.equality-2"]
    assert sharp({"a": [[0]], "b": [[0]]}) == []
    assert sharp([first, "the squares of b are never 0"]) == []


def _in_parts(p: Proof) -> Theorem:
    return rules.conjoin([p.prove(part, lambda q: q.order(squares=[a, b])) for part in p.goal[1]])


@pytest.mark.parametrize("sharpness", [{"attained": UNIT}, {"attained": "never"}, {"needed": [UNIT]}])
def test_a_refuted_claim_cannot_be_sharp(sharpness: Any) -> None:
    """What is false has no hypotheses too many."""
    result = made(given=[Eq(W * V, I_m)], show=d <= m, witness={"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]]})
    assert result.verdict == REFUTED
    claim = Book().claim("X-1", "", given=[Eq(W * V, I_m)], show=d <= m, witness=result.claim.witness, **sharpness)
    assert check(claim).verdict is None
    assert check(claim).failures == ["only a proved claim can be sharp"]


def test_what_is_missing_is_a_gap() -> None:
    """Per hypothesis and per inequality, also under quantifiers; several in one hypothesis are to be told apart."""
    claim = Book().claim("X-1", "", given=[Eq(a, b), Eq(b, c)], show=Eq(a, c), proof=ideal, needed=[at(0, 1, 1)])
    assert claim.gaps() == ["hypothesis b = c is not shown to be needed"]
    packed = Book().claim("X-1", "", given=[And(Eq(a, b), Eq(b, c))], show=Eq(a, c), proof=ideal, needed=[at(0, 1, 1)])
    assert packed.gaps() == ["hypothesis a = b and b = c is several: list them one by one"]
    hidden = And(Each(j, n, a <= b), Implies(Eq(a, 0), And(b <= c, Eq(a, c))), ForAll(a, a <= c))
    assert len(Book().claim("X-1", "", show=hidden, proof=ideal).gaps()) == 3
    assert Book().claim("X-1", "", show=hidden, proof=ideal, attained="not on the reals").gaps() == []
    assert Book().claim("X-1", "", given=[Eq(a, b)], show=a <= b, witness=at(1, 0, 0)).gaps() == []


def test_a_script_is_an_instance_where_nothing_can_be_evaluated() -> None:
    """The hypothesis that stays speaks of all x; a table of values does not show it, a map that is a term does."""
    f, x = opaque("f", 1, 1), scalars("x")
    odd = ForAll(x, Eq(f(-x), -f(x)))

    def half(p: Proof) -> Theorem:
        p.add(p.at(p.facts[0], a))
        return p.ideal()

    def claim(first: Any, second: Any) -> list[str]:
        given, show = [odd, Eq(f(a), f(-a))], Eq(f(a), 0)
        return made(given=given, show=show, proof=half, needed=[first, second]).failures

    even = {"a": [[1]], "f": lambda x: [[1]]}
    same = at_instance({"a": 1, "f": lambda x: x})
    assert claim(even, same) == []
    assert claim(even, at_instance({"a": 0, "f": lambda x: x}))[0].startswith("X-1.needs-2")
    assert claim(even, {"a": [[1]], "f": lambda x: x})[0].startswith("X-1.needs-2")


# ---------------------------------------------------------------- claims that stand on claims
def chain() -> tuple[Claim, Claim, Claim]:
    """Each cites the one before."""
    book = Book()
    first = book.claim("X-1", "", given=[Eq(A * B, C)], show=Eq(A * B * B, C * B), proof=ideal)
    second = book.claim(
        "X-2", "", given=[Eq(B * A, C)], show=Eq(B * A * A, C * A), proof=lambda p: cite(p, first, A=B, B=A)
    )
    third = book.claim("X-3", "", given=[Eq(B * A, A)], show=Eq(B * A * A, A * A), proof=lambda p: cite(p, second, C=A))
    return first, second, third


def test_citations_are_read_off_the_proof_and_direct() -> None:
    """What a cited claim stands on is its own affair."""
    first, second, third = chain()
    assert [cited(check(claim).theorem) for claim in (third, second, first)] == [["X-2"], ["X-1"], []]
    both = Book().claim(
        "X-4",
        "",
        given=[Eq(A * B, C), Eq(B * A, C)],
        show=And(Eq(A * B * B, C * B), Eq(B * A * A, C * A)),
        proof=lambda p: _conjoined(cite(p, first), cite(p, second)),
    )
    assert cited(check(both).theorem) == ["X-1", "X-2"]
    assert cited(None) == []


def _conjoined(*parts: Theorem) -> Theorem:
    return rules.conjoin(parts)


def test_the_book_cites_without_circles(results: dict[str, Result]) -> None:
    """Every citation is of a claim of the book, and following them comes to an end."""
    above = {claim.id: cited(results[claim.id].theorem) for claim in BOOK if claim.proof is not None}
    assert sum(map(len, above.values())) >= 10
    done: set[str] = set()
    while ready := {i for i, below in above.items() if i not in done and done.issuperset(below)}:
        done |= ready
    assert done == set(above)


def test_only_a_proved_claim_can_be_cited() -> None:
    """A refuted claim, a definition and a claim whose proof fails prove nothing for others."""
    book = Book()
    refuted = book.claim(
        "X-1", "", show=Eq(A * B, B * A), witness={"n": 2, "A": [[0, 1], [0, 0]], "B": [[0, 0], [1, 0]]}
    )
    defined = book.claim("X-2", "", defines=A * B)
    unproved = book.claim("X-3", "", show=Eq(A * B, B * A), proof=ideal)
    disproved = book.claim("X-4", "", show=Eq(a, 0), disproof=at_instance({"a": 1}))
    assert check(refuted).verdict == REFUTED
    assert check(disproved).verdict == REFUTED
    for other in (refuted, defined, unproved, disproved):
        result = made(show=Eq(A * B, B * A), proof=_citing(other))
        assert result.verdict is None
        assert "ProofFailure" in result.error


def _citing(other: Claim) -> Script:
    return lambda p: cite(p, other)


def test_a_claim_cannot_cite_itself() -> None:
    """Not even by way of another: the search for a proof of it would not end."""
    book = Book()
    mine: list[Claim] = []
    first = book.claim("X-1", "", show=Eq(A * B, B * A), proof=lambda p: cite(p, mine[0]))
    mine.append(book.claim("X-2", "", show=Eq(A * B, B * A), proof=lambda p: cite(p, first)))
    assert check(first).verdict is None


def test_what_a_citation_supposes_has_to_hold() -> None:
    """The hypotheses of the cited claim are proved at the values for which it is cited."""
    first, _, _ = chain()
    assert made(given=[Eq(A * B, C)], show=Eq(A * B * B, C * B), proof=_citing(first)).verdict == PROVED
    assert made(show=Eq(A * B * B, C * B), proof=_citing(first)).verdict is None
    assert made(given=[Eq(A * B, C)], show=Eq(A * B, C * B), proof=_citing(first)).verdict is None


def test_families_and_dimensions_of_a_citation() -> None:
    """The image of a family is a function of its index; a family of dimensions is named with brackets."""
    assert cited(check(BOOK.claims["VW-T1b"]).theorem) == ["VW-T1a"]


def test_what_exists_can_be_cited() -> None:
    """An "exists" comes with fresh names."""
    book = Book()
    first = book.claim(
        "X-1", "", given=[Eq(A * B, Identity(n))], show=Exists(C, Eq(C * A * B, Identity(n))), proof=_the_identity
    )
    assert check(first).verdict == PROVED
    second = made(
        given=[Eq(A * B, Identity(n))], show=Exists(C, Eq(C * A * B, Identity(n))), proof=lambda p: cite(p, first)
    )
    assert second.verdict == PROVED


def _the_identity(p: Proof) -> Theorem:
    return introduce_all(p, p.goal, [p.term(Identity(n))])
