"""Certificates say what was proved, in steps that other kernels can replay."""

from __future__ import annotations

import json

from formal.certificate import CHUNK, certificate, digest, to_text
from formal.checker import Limits, Replay, check_text, statement_prop, whole
from formal.claims import Book, check, cite, ideal
from formal.kernel import rules
from formal.statement import And, Eq, Exists, ForAll, Identity, dim_family, dims, family, matrix, scalars

d, m, l = dims("d m l")
W, V = matrix("W", m, d), matrix("V", d, m)


def written(**parts: object) -> str:
    """The file of a claim that is checked here."""
    result = check(Book().claim("T-1", "a claim of this test", **parts))  # type: ignore[arg-type]
    assert result.verdict is not None, result.error
    return to_text(certificate(result))


def test_a_long_sum_of_cofactors_is_cut_into_intermediate_equations() -> None:
    """Otherwise another kernel would have to digest hundreds of products in one step."""
    letters = scalars(" ".join(f"a{i}" for i in range(2 * CHUNK + 7)))
    total = sum(letters[1:], letters[0])
    text = written(given=[Eq(a, 0) for a in letters], show=Eq(total, 0), proof=ideal)
    steps = [s for s in json.loads(text)["steps"] if s["rule"] == "ideal"]
    assert [len(s["cofactors"]) for s in steps] == [CHUNK, CHUNK, 7, 3]
    assert check_text(text).kind == "proof"


def test_the_statement_stands_there_as_it_was_written() -> None:
    """A ring identity is 0 = 0 in normal form; a reader has to see its two sides, and letters that cancel."""
    text = written(show=Eq(W * (V + V), 2 * W * V), proof=ideal)
    assert "W (V + V) = 2 W V" in check_text(text).statement
    gone = written(show=Eq(W - W, 0), proof=ideal)
    assert "W: m x d" in check_text(gone).statement


def test_every_form_of_statement_is_understood_by_the_checker() -> None:
    """Quantifiers over letters and families of dimensions, and relations of every kind."""
    x, s, sizes = matrix("x", d, 1), scalars("s"), dim_family("n")
    F = family("F", lambda i: sizes[i], d)
    given = [ForAll((d, x), Eq(x.T * x, 0)), 0 < s, Eq(F[l], 0)]
    text = written(given=given, show=Exists(x, Eq(F[l] * x, 0)), proof=lambda p: _zero_vector(p))
    report = check_text(text)
    assert report.kind == "proof"
    assert "there is x" in report.statement


def _zero_vector(p):  # type: ignore[no-untyped-def]
    from formal.kernel.terms import ONE, zeros
    from formal.provers.rank import introduce_all
    from formal.statement.language import to_nat

    return introduce_all(p, p.goal, [zeros(to_nat(d), ONE)])


def test_the_digest_is_that_of_the_content() -> None:
    """Layout may change, content may not."""
    text = written(given=[Eq(W * V, Identity(m))], show=Eq(W * V * W, W), proof=ideal)
    body = json.loads(text)
    assert body["digest"] == digest(body)
    assert check_text(json.dumps(body)).id == "T-1"
    body["title"] = "another title"
    assert body["digest"] != digest(body)


def test_cited_claims_have_their_steps() -> None:
    """The dependency graph is read off certificates: a citation that points elsewhere would draw a false arrow."""
    book = Book()
    A, B, n = matrix("A", d, d), matrix("B", d, d), Identity(d)
    first = book.claim("T-1", "one", given=[Eq(A * B, n)], show=Eq(A * B * A, A), proof=ideal)
    second = book.claim(
        "T-2", "two", given=[Eq(B * A, n)], show=Eq(B * A * B, B), proof=lambda p: cite(p, first, A=B, B=A)
    )
    third = book.claim(
        "T-3",
        "three",
        given=[Eq(A * B, n), Eq(B * A, n)],
        show=And(Eq(A * B * A, A), Eq(B * A * B, B)),
        proof=lambda p: rules.conjoin([cite(p, first), cite(p, second)]),
    )
    texts = {c.id: to_text(certificate(check(c))) for c in book}
    assert "cites" not in json.loads(texts["T-1"])
    assert [list(json.loads(texts[i])["cites"]) for i in ("T-2", "T-3")] == [["T-1"], ["T-1", "T-2"]]
    data = json.loads(texts["T-3"])
    assert check_text(texts["T-3"]).kind == "proof"
    replay = Replay(Limits())
    replay.declare(data["letters"])
    for step in data["steps"]:
        replay.step(step)
    for cited in (first, second):
        theorem = replay.theorems[data["cites"][cited.id]]
        statement = json.loads(texts[cited.id])["statement"]
        assert theorem.claim == whole(statement_prop(replay, statement["show"]))
        assert theorem.hyps == {whole(statement_prop(replay, p)) for p in statement["given"]}
    assert third.id not in data["cites"]
