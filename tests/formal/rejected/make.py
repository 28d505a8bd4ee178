"""Certificates that must not be accepted, each for its own reason; `python make.py` writes them to files/ and lists them.

Most start from a certificate that is accepted (SOUND below, or a frozen certificate of the book in originals/) and
differ from it in one place. The digests are right, unless the digest is the point, so that the real reason is met.
`expected.jsonl` says for each file: the exit code, a part of the message, and lower limits where they are the point.

The nine files false_*.json prove false statements: the rules that they use were unsound when this folder was made.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
REJECTED, MALFORMED, OVER = 1, 2, 3
Json = Any


# ------------------------------------------------------------------ small words for the format
def n(x: int | str | list[Json]) -> Json:
    """A dimension: a number, a name, or data."""
    return x if isinstance(x, list) else [[1, [x]]] if isinstance(x, str) else [[x, []]] if x else []


def fam(name: str, index: int | str | list[Json]) -> Json:
    return [[1, [[name, n(index)]]]]


def term(rows: Json, cols: Json, *words: tuple[str, list[Json], list[Json]]) -> Json:
    return {"rows": n(rows), "cols": n(cols), "sum": [list(w) for w in words]}


def num(c: str) -> Json:
    return term(1, 1, (c, [], []))


def atoms(*words: tuple[str, list[Json]]) -> Json:
    """A scalar: a sum of rational * atoms."""
    return term(1, 1, *((c, a, []) for c, a in words))


def zero(t: Json) -> Json:
    return ["zero", t]


def ge(t: Json) -> Json:
    return ["ge", t]


def gt(t: Json) -> Json:
    return ["gt", t]


def no(p: Json) -> Json:
    return ["not", p]


def var(x: str, letter: bool = False) -> Json:
    return {"letter" if letter else "nat": x}


def exists(variables: list[Json], p: Json) -> Json:
    for v in reversed(variables):
        p = ["ex", v, p]
    return p


def decl(name: str, rows: Json, cols: Json, indexed: bool = False, *domain: tuple[Json, Json]) -> Json:
    types = [[n(r), n(c)] for r, c in domain]
    return {"name": name, "rows": n(rows), "cols": n(cols), "indexed": indexed, "domain": types}


def step(rule: str, *source: int, **data: Json) -> Json:
    return {"rule": rule, "from": list(source), **data}


def matrix(*rows: list[str]) -> Json:
    return {"matrix": list(rows)}


def witness(nats: Json, letters: Json, *roots: Json) -> Json:
    return {"nats": nats, "letters": letters, "roots": list(roots)}


FALSE = zero(num("1"))
X, S = var("X", True), var("S", True)


def certificate(kind: str, letters: list[Json], **rest: Json) -> Json:
    body = {"format": "streamproof certificate 1", "id": "X-1", "title": "", "kind": kind, "axioms": [], **rest}
    names: list[str] = []
    body["letters"] = {}
    for d in letters:
        names.append(d["name"])
        count = names.count(d["name"])
        body["letters"][d["name"] + (f"~{count}" if count > 1 else "")] = d
    return body


def proof(variables: list[Json], letters: list[Json], given: list[Json], show: Json, *steps: Json) -> Json:
    statement = {"variables": variables, "given": given, "show": show}
    return certificate("proof", letters, statement=statement, steps=list(steps))


def refuted(variables: list[Json], letters: list[Json], given: list[Json], show: Json, *steps: Json) -> Json:
    return {**proof(variables, letters, given, show, *steps), "kind": "refutation"}


def denied(variables: list[Json], letters: list[Json], given: list[Json], show: Json, at: Json) -> Json:
    """A refutation by a witness."""
    parts = [*given, no(show)]
    goal = exists(variables, parts[0] if len(parts) == 1 else ["and", parts])
    return refuted(variables, letters, given, show, step("ground", goal=goal, witness=at))


# ------------------------------------------------------------------ certificates that are accepted
SOUND: dict[str, Json] = {}
I_d = term("d", "d", ("1", [], []))

# a scalar that is not 0 has a reciprocal: s u = 0 gives u = 0
_s, _u, _t = decl("s", 1, 1), decl("u", 1, 1), decl("t", 1, 1)
_su = zero(term(1, 1, ("1", [], ["s", "u"])))
_st = zero(term(1, 1, ("1", [], ["s", "t"]), ("-1", [], [])))
SOUND["invert"] = proof(
    [var("s", True), var("u", True)],
    [_s, _u, _t],
    [no(zero(term(1, 1, ("1", [], ["s"])))), _su],
    zero(term(1, 1, ("1", [], ["u"]))),
    step("assume", prop=no(zero(term(1, 1, ("1", [], ["s"]))))),
    step("invert", 0, name="t"),
    step("assume", prop=_su),
    step("assume", prop=_st),
    step(
        "ideal",
        2,
        3,
        target=term(1, 1, ("1", [], ["u"])),
        cofactors=[
            [0, term(1, 1, ("1", [], ["t"])), num("1"), None, False],
            [1, term(1, 1, ("-1", [], ["u"])), num("1"), None, False],
        ],
    ),
    step("eliminate", 1, 4, var=var("t", True)),
)
# every natural number is at least 0, by induction
_l = atoms(("1", ["l"]))
SOUND["induct"] = proof(
    [],
    [],
    [],
    ["all", var("l"), ge(_l)],
    step("order", goal=ge(term(1, 1)), summands=[], equalities=[]),
    step("assume", prop=ge(_l)),
    step("order", 1, goal=ge(atoms(("1", ["l"]), ("1", []))), summands=[["1", [0], [], []], ["1", [], [], []]], equalities=[]),
    step("discharge", 2, prop=ge(_l)),
    step("induct", 0, 3, var="l", claim=ge(_l)),
)
# d = k carries a bound on the rank from k to d
_rank_a = ["rank", term("m", "d", ("1", [], ["A"]))]
_below = ge(atoms(("1", ["k"]), ("-1", [_rank_a])))
_d_is_k = zero(atoms(("1", ["d"]), ("-1", ["k"])))
SOUND["transport"] = proof(
    [var("d"), var("k"), var("m"), var("A", True)],
    [decl("A", "m", "d"), decl("A", "m", "k")],
    [_d_is_k],
    _below,
    step("rank_bound", left=term("m", "k", ("1", [], ["A~2"])), right=term("k", "k", ("1", [], []))),
    step("transport", 0, var="d", value=n("k"), assumed=[], goal=_below),
)
_xy = zero(term("d", "d", ("1", [], ["X", "Y"]), ("-1", [], [])))
SOUND["rank_identity"] = proof(
    [var("d"), var("k"), X, var("Y", True)],
    [decl("X", "d", "k"), decl("Y", "k", "d")],
    [_xy],
    ge(atoms(("1", ["k"]), ("-1", ["d"]))),
    step("assume", prop=_xy),
    step("rank_identity", 0, left=term("d", "k", ("1", [], ["X"])), right=term("k", "d", ("1", [], ["Y"]))),
)


def _factored(names: list[str]) -> Json:
    r, c, f, a, b = names
    keys = [f"{x}" for x in names[1:]]
    body = [
        zero(atoms(("1", [r]), ("-1", [["rank", term("d", "k", ("1", [], ["X"]))]]))),
        zero(term("d", "k", ("1", [], ["X"]), ("-1", [], [c, f]))),
        zero(term(r, r, ("1", [], [a, c]), ("-1", [], []))),
        zero(term(r, r, ("1", [], [f, b]), ("-1", [], []))),
    ]
    show = exists([var(r), *(var(k, True) for k in keys)], ["and", body])
    letters = [decl("X", "d", "k"), decl(c, "d", r), decl(f, r, "k"), decl(a, r, "d"), decl(b, "k", r)]
    factor = step("rank_factor", term=term("d", "k", ("1", [], ["X"])), names=names)
    return proof([var("d"), var("k"), X], letters, [], show, factor)


SOUND["rank_factor"] = _factored(["r", "C", "F", "A", "B"])


def _split(names: list[str]) -> Json:
    e, f = names
    pq = [[1, ["p"]], [1, ["q"]]]
    body = [
        zero(term("p", "p", ("1", [], [f"{e}'", e]), ("-1", [], []))),
        zero(term("q", "q", ("1", [], [f"{f}'", f]), ("-1", [], []))),
        zero(term("p", "q", ("1", [], [f"{e}'", f]))),
        zero(term(pq, pq, ("1", [], [e, f"{e}'"]), ("1", [], [f, f"{f}'"]), ("-1", [], []))),
    ]
    show = exists([var(e, True), var(f, True)], ["and", body])
    cut = step("blocks", p=n("p"), q=n("q"), names=names)
    return proof([var("p"), var("q")], [decl(e, pq, "p"), decl(f, pq, "q")], [], show, cut)


SOUND["blocks"] = _split(["E", "F"])
# x >= 0, y > 0, z = 0 give x + 2 y + d + tr(P'P) + z > 0
_x, _y, _z = (ge(term(1, 1, ("1", [], ["x"]))), gt(term(1, 1, ("1", [], ["y"]))), zero(term(1, 1, ("1", [], ["z"]))))
_pp = ["tr", ["P'", "P"]]
_sum = gt(
    term(1, 1, ("1", [], ["x"]), ("2", [], ["y"]), ("1", ["d"], []), ("1", [_pp], []), ("1", [], ["z"])),
)
_p_term = term("d", "k", ("1", [], ["P"]))
SOUND["order"] = proof(
    [var("d"), var("k"), *(var(v, True) for v in "xyzP")],
    [decl("x", 1, 1), decl("y", 1, 1), decl("z", 1, 1), decl("P", "d", "k")],
    [_x, _y, _z],
    _sum,
    *(step("assume", prop=p) for p in (_x, _y, _z)),
    step(
        "order",
        0,
        1,
        2,
        goal=_sum,
        summands=[
            ["1", [0], [], []],
            ["2", [1], [], []],
            ["1", [], [_p_term], []],
            ["1", [], [], [atoms(("1", ["d"]))]],
        ],
        equalities=[[2, num("1")]],
    ),
)
_pos = gt(atoms(("1", ["d"])))
SOUND["integer"] = proof(
    [var("d")], [], [_pos], ge(atoms(("1", ["d"]), ("-1", []))), step("assume", prop=_pos), step("integer", 0)
)
_small = ge(atoms(("-1", [_pp])))
SOUND["null"] = proof(
    [var("d"), var("k"), var("P", True)],
    [decl("P", "d", "k"), decl("Q", "d", "k")],
    [_small],
    zero(_p_term),
    step("assume", prop=_small),
    step("null", 0, term=_p_term),
)
_same = zero(term("d", 1, ("1", [], ["a"]), ("-1", [], ["b"])))
_a, _b = (term("d", 1, ("1", [], [x])) for x in "ab")
SOUND["congruence"] = proof(
    [var("d"), var("a", True), var("b", True), var("f", True)],
    [decl("a", "d", 1), decl("b", "d", 1), decl("f", 1, 1, False, ("d", 1))],
    [_same],
    zero(term(1, 1, ("1", [], [["f", None, [_a], False]]), ("-1", [], [["f", None, [_b], False]]))),
    step("assume", prop=_same),
    step("congruence", 0, left=_a, right=_b, map=["f", None]),
)
# an axiom about all scalars, used at one
_square = ge(term(1, 1, ("1", [], ["X", "X"])))
SOUND["axiom"] = proof(
    [S],
    [decl("S", 1, 1), decl("X", 1, 1)],
    [],
    ge(term(1, 1, ("1", [], ["S", "S"]))),
    step("axiom", name="squares", prop=["all", X, _square]),
    step("specialize", 0, value={"term": term(1, 1, ("1", [], ["S"]))}),
) | {"axioms": ["squares"]}
# a left inverse need not be a right inverse
_wv = zero(term("m", "m", ("1", [], ["W", "V"]), ("-1", [], [])))
_vw = zero(term("d", "d", ("1", [], ["V", "W"]), ("-1", [], [])))
SOUND["ground"] = denied(
    [var("d"), var("m"), var("V", True), var("W", True)],
    [decl("V", "d", "m"), decl("W", "m", "d")],
    [_wv],
    _vw,
    witness({"d": 2, "m": 1}, {"V": matrix(["1"], ["0"]), "W": matrix(["1", "0"])}),
)
# a map, and a family with a bounded quantifier: f(T[l]) = T[l] for l < 2, yet f is not linear
_fx = term(1, 1, ("1", [], [["f", None, [term(1, 1, ("1", [], [["T", n("l"), [], False]]))], False]]))
_each = [
    "all",
    var("l"),
    [
        "imp",
        ge(atoms(("1", []), ("-1", ["l"]))),
        zero({**_fx, "sum": [*_fx["sum"], ["-1", [], [["T", n("l"), [], False]]]]}),
    ],
]
_f = lambda *words: ["f", None, [term(1, 1, *words)], False]  # noqa: E731
_linear = zero(
    term(
        1,
        1,
        ("1", [], [_f(("1", [], [["T", n(0), [], False]]), ("1", [], [["T", n(1), [], False]]))]),
        ("-1", [], [_f(("1", [], [["T", n(0), [], False]]))]),
        ("-1", [], [_f(("1", [], [["T", n(1), [], False]]))]),
    )
)
_table = [[None, [[[x]]], [[y]]] for x, y in (("1", "1"), ("2", "2"), ("3", "7"))]
SOUND["ground_map"] = denied(
    [var("T", True), var("f", True)],
    [decl("T", 1, 1, True), decl("f", 1, 1, False, (1, 1))],
    [_each],
    _linear,
    witness({}, {"T": {"family": {"0": [["1"]], "1": [["2"]]}}, "f": {"map": _table}}),
)
# a root of 2: x x = 2 does not give x = 1
_two = zero(term(1, 1, ("1", [], ["X", "X"]), ("-2", [], [])))
SOUND["ground_root"] = denied(
    [X],
    [decl("X", 1, 1)],
    [_two],
    zero(term(1, 1, ("1", [], ["X"]), ("-1", [], []))),
    witness({}, {"X": matrix([["0", "1", 1]])}, "2"),
)
# either x = 0 or not; generalize, instantiate, introduce
_x0 = zero(term(1, 1, ("1", [], ["X"])))
_square0 = zero(term(1, 1, ("1", [], ["X", "X"])))
SOUND["logic"] = proof(
    [var("d"), S],
    [decl("S", "d", "d"), decl("X", "d", "d"), decl("Y", "d", "d")],
    [],
    ["ex", var("Y", True), zero(term("d", "d", ("1", [], ["S", "Y"]), ("-1", [], ["Y", "S"])))],
    step("ideal", target=term("d", "d"), cofactors=[]),
    step("introduce", 0, goal=["ex", var("Y", True), zero(term("d", "d", ("1", [], ["X", "Y"]), ("-1", [], ["Y", "X"])))],
         value={"term": I_d}),
    step("generalize", 1, var=X),
    step("specialize", 2, value={"term": term("d", "d", ("1", [], ["S"]))}),
)  # fmt: skip
_x_or = [_x0, no(_x0)]
SOUND["cases"] = proof(
    [X],
    [decl("X", 1, 1)],
    [],
    ["imp", no(no(_x0)), _x0],
    step("assume", prop=_x0),
    step("assume", prop=no(_x0)),
    step("assume", prop=no(no(_x0))),
    step("absurd", 1, 2, goal=_x0),
    step("cases", 0, 3, prop=_x0),
    step("discharge", 4, prop=no(no(_x0))),
)
# a statement about a family, used at another family and another width
_tv = zero(term("d", "d", ("1", [], [["V", n("l"), [], False], ["V", n("l"), [], True]])))
_at = zero(term("d", "d", ("1", [], [["U", n(["x"][:0]) or n("l"), [], False], ["U", n("l"), [], True]])))
SOUND["instantiate"] = proof(
    [var("d"), var("k"), var("l"), var("U", True)],
    [decl("V", "d", fam("m", "#"), True), decl("U", "d", "k", True)],
    [_at],
    _at,
    step("assume", prop=_tv),
    step("instantiate", 0, nats={"m": n("k")}, letters=[["V", term("d", "k", ("1", [], [["U", n("#"), [], False]]))]]),
)
_ab = ge(atoms(("1", ["a"]), ("-1", ["b"])))
SOUND["difference"] = proof(
    [var("a"), var("b")],
    [],
    [_ab],
    ["ex", var("c"), zero(atoms(("1", ["a"]), ("-1", ["b"]), ("-1", ["c"])))],
    step("assume", prop=_ab),
    step("difference", 0, a=n("a"), b=n("b"), name="c"),
)
SOUND["definition"] = certificate(
    "definition",
    [decl("V", "d", "m"), decl("W", "m", "d")],
    expression=["mul", [["letter", "V", None, []], ["letter", "W", None, []]]],
)
SOUND["ill_typed"] = certificate(
    "ill-typed",
    [decl("V", "d", "m")],
    expression=["mul", [["letter", "V", None, []], ["letter", "V", None, []]]],
)


# ------------------------------------------------------------------ the cases
class Case(NamedTuple):
    """One file: its text, the code and a part of the message, and the limits that it is to be read with."""

    text: str
    code: int
    message: str
    why: str
    limits: dict[str, int]


CASES: dict[str, Case] = {}


def digest(body: Json) -> str:
    rest = json.dumps({k: v for k, v in body.items() if k != "digest"}, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(rest.encode("ascii")).hexdigest()


def to_text(body: Json) -> str:
    """One key a line, one step a line."""
    lines = []
    for k, v in sorted(body.items()):
        if k in ("steps", "letters") and v and isinstance(v, list | dict):
            dumped = [f"{json.dumps(x) + ': ' if k == 'letters' else ''}{json.dumps(v[x] if k == 'letters' else x)}" for x in v]
            inner = ",\n  ".join(dumped)
            lines.append(f" {json.dumps(k)}: {'{' if k == 'letters' else '['}\n  {inner}\n {'}' if k == 'letters' else ']'}")
        else:
            lines.append(f" {json.dumps(k)}: {json.dumps(v)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def sealed(body: Json) -> str:
    return to_text({**body, "digest": digest(body)})


def original(name: str) -> Json:
    found: Json = json.loads((HERE / "originals" / f"{name}.json").read_text(encoding="utf-8"))
    found.pop("digest")
    return found


def case(
    name: str,
    code: int,
    message: str,
    why: str,
    source: Json | str,
    change: Callable[[Json], Any] | None = None,
    text: Callable[[str], str] | None = None,
    **limits: int,
) -> None:
    """A file like its source but for one change of the data, or of the text."""
    body = copy.deepcopy(SOUND[source] if isinstance(source, str) else source)
    if change is not None:
        replaced = change(body)
        body = body if replaced is None else replaced
    content = sealed(body)
    if text is not None:
        changed = text(content)
        assert changed != content or limits, name
        content = changed
    assert name not in CASES, name
    CASES[name] = Case(content, code, message, why, limits)


def put(*path: Json) -> Callable[[Json], None]:
    """Set the value at a path: put("steps", 0, "rule", "x")."""
    *way, last, value = path

    def change(body: Json) -> None:
        for key in way:
            body = body[key]
        body[last] = value

    return change


def drop(*path: Json) -> Callable[[Json], None]:
    *way, last = path

    def change(body: Json) -> None:
        for key in way:
            body = body[key]
        del body[last]

    return change


def both(*changes: Callable[[Json], Any]) -> Callable[[Json], None]:
    def change(body: Json) -> None:
        for c in changes:
            c(body)

    return change
