"""Certificates that must not be accepted, each for its own reason; `python make.py` writes them to files/.

Most start from a certificate that is accepted (SOUND below, or a frozen certificate of the book in originals/) and
differ from it in one place. The digests are right, unless the digest is the point, so that the real reason is met.
`expected.jsonl` says for each file: the exit code, a part of the message, and lower limits where they are the point.

The files false_*.json prove false statements: the rules that they use were unsound when this folder was made.
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
    step(
        "order",
        1,
        goal=ge(atoms(("1", ["l"]), ("1", []))),
        summands=[["1", [0], [], []], ["1", [], [], []]],
        equalities=[],
    ),
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
    step(
        "introduce",
        0,
        goal=["ex", var("Y", True), zero(term("d", "d", ("1", [], ["X", "Y"]), ("-1", [], ["Y", "X"])))],
        value={"term": I_d},
    ),
    step("generalize", 1, var=X),
    step("specialize", 2, value={"term": term("d", "d", ("1", [], ["S"]))}),
)
_if_not = ["imp", no(_x0), _x0]
SOUND["cases"] = proof(
    [X],
    [decl("X", 1, 1)],
    [],
    ["imp", _if_not, _x0],
    step("assume", prop=_x0),
    step("assume", prop=no(_x0)),
    step("assume", prop=_if_not),
    step("detach", 2, 1),
    step("absurd", 3, 1, goal=_x0),
    step("cases", 0, 4, prop=_x0),
    step("discharge", 5, prop=_if_not),
)
SOUND["cites"] = SOUND["logic"] | {"cites": {"X-0": 2}}
# a statement about a family, used at another family and another width
_tv = zero(term("d", "d", ("1", [], [["V", n("l"), [], False], ["V", n("l"), [], True]])))
_at = zero(term("d", "d", ("1", [], [["U", n("l"), [], False], ["U", n("l"), [], True]])))
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
            dumped = [
                f"{json.dumps(x) + ': ' if k == 'letters' else ''}{json.dumps(v[x] if k == 'letters' else x)}"
                for x in v
            ]
            inner = ",\n  ".join(dumped)
            lines.append(
                f" {json.dumps(k)}: {'{' if k == 'letters' else '['}\n  {inner}\n {'}' if k == 'letters' else ']'}"
            )
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


# ------------------------------------------------------------------ false statements
_zero = zero(term(1, 1))
_trivial = step("ideal", target=term(1, 1), cofactors=[])
_m01 = zero(atoms(("1", [["nat", "m", n(0)]]), ("-1", [["nat", "m", n(1)]])))
_nothing = ([], [], FALSE)


def _collapse(letters: list[Json], some: Json, by: Json) -> Json:
    """From: some .. differ, and: the one that is put for all does not differ from itself."""
    return proof(
        [],
        letters,
        [],
        FALSE,
        some,
        step("assume", prop=no(_zero)),
        _trivial,
        step("absurd", 2, 1, goal=FALSE),
        step("eliminate", 0, 3, var=by),
    )


case(
    "false_numbers_family",
    REJECTED,
    "a hypothesis that is not given",
    "m[0] and m[1] may differ; a single number v is put for the whole family m",
    _collapse(
        [],
        step("ground", goal=["ex", var("m"), no(_m01)], witness=witness({"m": {"family": {"0": 0, "1": 1}}}, {})),
        var("v"),
    ),
)
_t01 = no(zero(term(1, 1, ("1", [], [["T", n(0), [], False]]), ("-1", [], [["T", n(1), [], False]]))))
case(
    "false_matrices_family",
    REJECTED,
    "the variable has another type",
    "T[0] and T[1] may differ; a single matrix Y is put for the whole family T",
    _collapse(
        [decl("T", 1, 1, True), decl("Y", 1, 1)],
        step(
            "ground",
            goal=["ex", var("T", True), _t01],
            witness=witness({}, {"T": {"family": {"0": [["0"]], "1": [["1"]]}}}),
        ),
        var("Y", True),
    ),
)
_f01 = no(zero(term(1, 1, ("1", [], [_f()]), ("-1", [], [_f(("1", [], []))]))))
case(
    "false_map",
    REJECTED,
    "the variable has another type",
    "f(0) and f(1) may differ; a single matrix Y is put for the whole map f",
    _collapse(
        [decl("f", 1, 1, False, (1, 1)), decl("Y", 1, 1)],
        step(
            "ground",
            goal=["ex", var("f", True), _f01],
            witness=witness({}, {"f": {"map": [[None, [[["0"]]], [["0"]]], [None, [[["1"]]], [["1"]]]]}}),
        ),
        var("Y", True),
    ),
)
case(
    "false_induct_family",
    REJECTED,
    "m has an index",
    "induction over m in a claim about the family m[.]: it would give m[0] = m[1], and 0 = 1 for m[l] = l",
    proof(
        [],
        [],
        [],
        zero(num("-1")),
        _trivial,
        step("discharge", 0, prop=_m01),
        step("induct", 0, 1, var="m", claim=_m01),
        step("specialize", 2, value={"nat": n("#")}),
    ),
)
case(
    "false_transport_family",
    REJECTED,
    "m has an index",
    "m = 5 is carried into the family m[.], which is another variable",
    proof(
        [var("m")],
        [],
        [zero(atoms(("1", ["m"]), ("-5", [])))],
        _m01,
        _trivial,
        step("transport", 0, var="m", value=n(5), assumed=[], goal=_m01),
    ),
)
_vv = lambda key, d: zero(  # noqa: E731
    term(
        d,
        d,
        ("1", [], [[key, n(0 if key == "V" else "l"), [], False], [key, n(0 if key == "V" else "l"), [], True]]),
        ("-1", [], []),
    )
)
_v_l = term("d", fam("m", "l"), ("1", [], [["V~2", n("l"), [], False]]))
_v_lt = term(fam("m", "l"), "d", ("1", [], [["V~2", n("l"), [], True]]))
case(
    "false_indexed_hole",
    MALFORMED,
    "'#' is not a name",
    "the hole used as a family: V[l] would get k columns where the theorem says m[l] = l",
    proof(
        [var("V", True)],
        [decl("V", 1, 1, True), decl("V", "d", fam("m", "#"), True)],
        [_vv("V", 1)],
        ge(num("-1")),
        step("assume", prop=_vv("V~2", "d")),
        step("rank_identity", 0, left=_v_l, right=_v_lt),
        step("instantiate", 1, nats={"m": fam("#", "k")}, letters=[]),
        step("instantiate", 2, nats={"l": [], "d": n(1), "k": n(1)}, letters=[]),
    ),
)
_trace = lambda key, i: ["tr", [[key, i, [], False], [key, i, [], True]]]  # noqa: E731
_equal_traces = zero(atoms(("1", [_trace("V", n("a"))]), ("-1", [_trace("V", n("b"))])))
case(
    "false_hole_in_a_matrix",
    MALFORMED,
    "has a hole, but it is no family",
    "the image X: d x # of V[.] is another variable at every index, so V[a] and V[b] would differ for a = b",
    proof(
        [],
        [
            decl("V", "d", "#", True),
            decl("X", "d", "#"),
            decl("E", "d", "a"),
            decl("X", "d", "a"),
            decl("X", "d", "b"),
            decl("E", 1, 1),
        ],
        [],
        FALSE,
        _trivial,
        step("transport", 0, var="a", value=n("b"), assumed=[], goal=_equal_traces),
        step("instantiate", 1, nats={}, letters=[["V", term("d", "#", ("1", [], ["X"]))]]),
        step("instantiate", 2, nats={}, letters=[["X~2", term("d", "a", ("1", [], ["E"]))], ["X~3", term("d", "b")]]),
        step("instantiate", 3, nats={"a": n(1), "b": n(1), "d": n(1)}, letters=[]),
        step("instantiate", 4, nats={}, letters=[["E~2", num("1")]]),
        step("discharge", 5, prop=_zero),
        step("detach", 6, 0),
    ),
)
_guard = ge(atoms(("-1/2", []), ("-1", ["l"])))
_never = ["all", var("l"), ["imp", _guard, FALSE]]
case(
    "false_half_bound",
    REJECTED,
    "the witness does not satisfy the body",
    "no natural number is at most -1/2; rounded up, the range would hold 0",
    proof(
        [],
        [],
        [],
        FALSE,
        step("ground", goal=["ex", var("k"), no(_never)], witness=witness({"k": 0}, {})),
        step("assume", prop=_guard),
        step("order", 1, goal=ge(num("-1/2")), summands=[["1", [0], [], []], ["1", [], [], [_l]]], equalities=[]),
        step("order", goal=gt(num("1/2")), summands=[["1/2", [], [], []]], equalities=[]),
        step("absurd", 2, 3, goal=FALSE),
        step("discharge", 4, prop=_guard),
        step("generalize", 5, var=var("l")),
        step("assume", prop=no(_never)),
        step("absurd", 6, 7, goal=FALSE),
        step("eliminate", 0, 8, var=var("k")),
    ),
)


# ------------------------------------------------------------------ the statement and what is proved
case(
    "stale_hypothesis",
    REJECTED,
    "a hypothesis that is not given",
    "the hypothesis of a book proof is dropped from the statement",
    original("VW-T6c"),
    put("statement", "given", []),
)
case(
    "hypothesis_changed",
    REJECTED,
    "a hypothesis that is not given",
    "W V = g I becomes W V = 2 g I in the statement alone",
    original("VW-T6c"),
    put("statement", "given", 0, 2, 1, 0, ["number", "2"]),
)
case(
    "show_differs",
    REJECTED,
    "the last step proves something else",
    "the statement claims 2 - g in place of 1 - g",
    original("VW-T6c"),
    put("statement", "show", 2, 1, 0, 1, 0, ["number", "2"]),
)
case(
    "show_weaker_form",
    REJECTED,
    "the last step proves something else",
    "k - d >= 0 is proved, k - d > 0 is claimed",
    "rank_identity",
    put("statement", "show", 0, "gt"),
)
case(
    "variable_missing",
    REJECTED,
    "free names are not among the variables",
    "g is not among the variables",
    original("VW-T6c"),
    drop("statement", "variables", 4),
)
case(
    "variable_twice",
    REJECTED,
    "a variable is named twice",
    "d is listed twice",
    original("VW-T6c"),
    lambda b: b["statement"]["variables"].append({"nat": "d"}),
)
case(
    "variable_of_another_type",
    REJECTED,
    "with another type",
    "A: m x k is listed, A: m x d is meant",
    "transport",
    put("statement", "variables", 3, {"letter": "A~2"}),
)
case(
    "each_in_its_own_bound",
    REJECTED,
    "occurs in its own bound",
    "for all l < l + 1",
    "induct",
    put("statement", "show", ["each", "l", [[1, ["l"]], [1, []]], ["le", ["number", "0"], ["nat", n("l")]]]),
)
case(
    "refutes_without_given",
    REJECTED,
    "does not deny the statement",
    "the witness need not satisfy what is given: it is dropped from the goal",
    "ground",
    put("steps", 0, "goal", exists([var("d"), var("m"), var("V", True), var("W", True)], no(_vw))),
)
case(
    "refutes_other_order",
    REJECTED,
    "does not deny the statement",
    "the variables of the goal in another order",
    "ground",
    put("statement", "variables", [var("m"), var("d"), var("V", True), var("W", True)]),
)
case(
    "refutes_other_show",
    REJECTED,
    "does not deny the statement",
    "the goal denies V W = I, the statement says V W = 2 I",
    "ground",
    put("statement", "show", zero(term("d", "d", ("1", [], ["V", "W"]), ("-2", [], [])))),
)
case(
    "refutes_under_hypothesis",
    REJECTED,
    "a refutation with hypotheses",
    "a denial that is only assumed",
    "ground",
    lambda b: b.update(steps=[step("assume", prop=b["steps"][0]["goal"])]),
)
case(
    "proof_called_refutation",
    REJECTED,
    "does not deny the statement",
    "a proof passed off as a refutation",
    "induct",
    put("kind", "refutation"),
)
case(
    "refutation_called_proof",
    REJECTED,
    "the last step proves something else",
    "a refutation passed off as a proof",
    original("VW-L5"),
    put("kind", "proof"),
)
case(
    "unlisted_axiom",
    REJECTED,
    "the axioms are not those listed",
    "an axiom is used and not listed",
    "axiom",
    put("axioms", []),
)
case(
    "axiom_not_used",
    REJECTED,
    "the axioms are not those listed",
    "an axiom is listed and not used",
    "ground",
    put("axioms", ["squares"]),
)
case(
    "axiom_twice",
    REJECTED,
    "the axioms are not those listed",
    "an axiom is listed twice",
    "axiom",
    put("axioms", ["squares", "squares"]),
)
case(
    "axiom_with_free_names",
    REJECTED,
    "an axiom with free names",
    "an axiom about one free letter",
    "axiom",
    put("steps", 0, "prop", _square),
)
case(
    "axiom_named_badly",
    MALFORMED,
    "is not a name",
    "the name of an axiom is a sentence",
    "axiom",
    both(put("steps", 0, "name", "no axioms"), put("axioms", ["no axioms"])),
)

# ------------------------------------------------------------------ steps
case("no_steps", REJECTED, "there are no steps", "no evidence at all", original("VW-T6c"), put("steps", []))
case(
    "unknown_rule",
    MALFORMED,
    "unknown rule 'believe'",
    "a rule that the format does not have",
    "integer",
    put("steps", 1, "rule", "believe"),
)
case(
    "step_key_missing",
    MALFORMED,
    "a step has the keys",
    "a step without the data of its rule",
    "invert",
    drop("steps", 1, "name"),
)
case(
    "step_key_unknown",
    MALFORMED,
    "a step has the keys",
    "a step with a key too many",
    "invert",
    put("steps", 1, "note", ""),
)
case(
    "step_refers_to_itself",
    REJECTED,
    "not an earlier one",
    "step 1 from step 1",
    "integer",
    put("steps", 1, "from", [1]),
)
case(
    "step_refers_to_later",
    REJECTED,
    "not an earlier one",
    "step 0 from step 1: a circle",
    "logic",
    put("steps", 1, "from", [2]),
)
case(
    "step_refers_to_negative",
    REJECTED,
    "not an earlier one",
    "step -1, which Python would count from the end",
    "integer",
    put("steps", 1, "from", [-1]),
)
case(
    "step_refers_to_boolean",
    MALFORMED,
    "numbers of earlier steps are ill-formed",
    "false is no number, though Python counts it as 0",
    "integer",
    put("steps", 1, "from", [False]),
)
case(
    "step_count",
    REJECTED,
    "the rule takes 2 earlier steps",
    "modus ponens from one step",
    "logic",
    lambda b: b["steps"].append(step("detach", 3)),
)
case(
    "unused_step",
    REJECTED,
    "step 0 is used by nothing",
    "a step that nothing uses",
    "integer",
    put("steps", [step("assume", prop=FALSE), step("assume", prop=_pos), step("integer", 1)]),
)
case(
    "discharge_leaves_hypothesis",
    REJECTED,
    "a hypothesis that is not given",
    "another proposition is discharged",
    "cases",
    both(put("steps", 6, "prop", _square0), put("statement", "show", ["imp", _square0, _x0])),
)
case(
    "detach_other",
    REJECTED,
    "the condition is not what was proved",
    "modus ponens with another premise",
    "cases",
    lambda b: b["steps"].append(step("detach", 6, 0)),
)
case(
    "part_out_of_range",
    REJECTED,
    "there is no part 2",
    "the third part of two",
    "cases",
    lambda b: b["steps"].extend([step("conjoin", 0, 0), step("part", 7, i=2)]),
)
case(
    "part_negative",
    REJECTED,
    "there is no part -1",
    "the last part, as Python counts",
    "cases",
    lambda b: b["steps"].extend([step("conjoin", 0, 0), step("part", 7, i=-1)]),
)
case(
    "conjoin_nothing",
    REJECTED,
    "there is nothing to join",
    "a conjunction of no steps",
    "integer",
    lambda b: b["steps"].append(step("conjoin")),
)
case(
    "cases_differ",
    REJECTED,
    "the two cases prove different things",
    "X = 0 in one case, 0 = 0 in the other",
    "cases",
    put("steps", 4, "goal", _square0),
)
case(
    "cases_not_exhaustive",
    REJECTED,
    "a hypothesis that is not given",
    "the cases X = 0 and not X = 0 are not the cases X X = 0 and not X X = 0",
    "cases",
    put("steps", 5, "prop", _square0),
)
case(
    "absurd_without_contradiction",
    REJECTED,
    "no contradiction",
    "not p is not the negation of not p",
    "cases",
    put("steps", 4, "from", [1, 1]),
)

# ------------------------------------------------------------------ rings
case(
    "wrong_cofactor",
    REJECTED,
    "do not add up to the target",
    "a sign in a cofactor",
    original("VW-T6c"),
    put("steps", 1, "cofactors", 0, 1, "sum", 0, 0, "1"),
)
case(
    "missing_cofactor",
    REJECTED,
    "do not add up to the target",
    "a cofactor is dropped",
    original("VW-L5g"),
    drop("steps", 2, "cofactors", 1),
)
case(
    "ill_typed_cofactor",
    REJECTED,
    "a product of m x m and d x d",
    "a cofactor that does not fit",
    original("VW-T6c"),
    put("steps", 1, "cofactors", 0, 1, term("m", "m", ("-1", [], []))) and put("steps", 1, "cofactors", 0, 2, I_d),
)
case(
    "cofactor_sides_exchanged",
    REJECTED,
    "a product of",
    "left and right exchanged",
    original("VW-T6c"),
    lambda b: b["steps"][1]["cofactors"][0].__setitem__(slice(1, 3), b["steps"][1]["cofactors"][0][2:0:-1]),
)
case(
    "flipped_toggled",
    REJECTED,
    "do not add up to the target",
    "the transpose of the hypothesis is used",
    original("VW-T6c"),
    put("steps", 1, "cofactors", 0, 4, True),
)
case(
    "cofactor_outer_not_square",
    REJECTED,
    "the trace of a term that is not square",
    "tr(left h right) of an m x d product",
    original("VW-T6c"),
    put("steps", 1, "cofactors", 0, 3, term("m", "d", ("1", [], ["W"]))),
)
case(
    "cofactor_of_inequality",
    REJECTED,
    "premise 0 has the wrong form",
    "a cofactor of x >= 0, as if it were x = 0",
    "order",
    put(
        "steps",
        3,
        step("ideal", 0, 1, 2, target=term(1, 1, ("1", [], ["x"])), cofactors=[[0, num("1"), num("1"), None, False]]),
    ),
)
case(
    "cofactor_of_no_premise",
    REJECTED,
    "there is no premise 2",
    "a cofactor of a premise that is not there",
    original("VW-L5g"),
    put("steps", 2, "cofactors", 1, 0, 2),
)
case(
    "one_sided_inverse",
    REJECTED,
    "do not add up to the target",
    "E F = I is claimed from F E = I by the ring rules: true for square matrices, but no identity",
    proof(
        [var("n"), var("E", True), var("F", True)],
        [decl("E", "n", "n"), decl("F", "n", "n")],
        [zero(term("n", "n", ("1", [], ["F", "E"]), ("-1", [], [])))],
        zero(term("n", "n", ("1", [], ["E", "F"]), ("-1", [], []))),
        step("assume", prop=zero(term("n", "n", ("1", [], ["F", "E"]), ("-1", [], [])))),
        step(
            "ideal",
            0,
            target=term("n", "n", ("1", [], ["E", "F"]), ("-1", [], [])),
            cofactors=[[0, term("n", "n", ("1", [], ["E"])), term("n", "n", ("1", [], ["F"])), None, False]],
        ),
    ),
)
case(
    "word_does_not_fit",
    REJECTED,
    "does not fit together",
    "the factors of a word exchanged: V W in place of W V",
    original("VW-T6c"),
    put("steps", 0, "prop", 1, "sum", 0, 2, ["W", "V'"]),
)
case(
    "word_of_another_type",
    REJECTED,
    "does not have the type of its term",
    "a d x d word in an m x m term",
    original("VW-T6c"),
    put("steps", 0, "prop", 1, "sum", 0, 2, ["W"]),
)
case(
    "identity_not_square",
    REJECTED,
    "does not have the type of its term",
    "an empty word in a d x m term",
    original("VW-T6c"),
    put("steps", 0, "prop", 1, "cols", n("d")),
)
case(
    "retyped_letter",
    REJECTED,
    "the shapes m x k and m x m",
    "V is declared d x k, its uses stay",
    original("VW-T6c"),
    put("letters", "V", "cols", n("k")),
)
case(
    "index_missing",
    REJECTED,
    "the wrong number of indices",
    "a family without an index",
    "instantiate",
    put("steps", 0, "prop", 1, "sum", 0, 2, 0, "V"),
)
case(
    "argument_of_another_shape",
    REJECTED,
    "arguments of the wrong shapes",
    "f takes d x 1, it is given 1 x d",
    "congruence",
    put("statement", "show", 1, "sum", 0, 2, 0, 2, 0, term(1, "d", ("1", [], ["a'"]))),
)

# ------------------------------------------------------------------ order, numbers, ranks
case(
    "order_negative_coefficient",
    REJECTED,
    "a summand is negative",
    "-1 times a square",
    "order",
    put("steps", 3, "summands", 2, 0, "-1"),
)
case(
    "order_sum_differs",
    REJECTED,
    "the sum is not the goal",
    "twice x in place of x",
    "order",
    put("steps", 3, "summands", 0, 0, "2"),
)
case(
    "order_not_strict",
    REJECTED,
    "no summand is positive",
    "a strict conclusion with y >= 0 in place of y > 0",
    "order",
    both(put("steps", 1, "prop", 0, "ge"), put("statement", "given", 1, 0, "ge")),
)
case(
    "order_zero_times_strict",
    REJECTED,
    "no summand is positive",
    "0 > 0 from 0 * (y > 0)",
    "order",
    put("steps", 3, step("order", 0, 1, 2, goal=gt(term(1, 1)), summands=[["0", [1], [], []]], equalities=[])),
)
case(
    "order_square_is_not_strict",
    REJECTED,
    "no summand is positive",
    "y * tr(P'P) is not positive",
    "order",
    put(
        "steps",
        3,
        step(
            "order",
            0,
            1,
            2,
            goal=gt(term(1, 1, ("1", [_pp], ["y"]))),
            summands=[["1", [1], [_p_term], []]],
            equalities=[],
        ),
    ),
)
case(
    "natural_that_is_none",
    REJECTED,
    "is not a dimension, an index or a rank",
    "a letter is used as a natural number",
    "order",
    put("steps", 3, "summands", 3, 3, 0, term(1, 1, ("1", [], ["x"]))),
)
case(
    "natural_negative",
    REJECTED,
    "is not a dimension, an index or a rank",
    "d - 1 may be negative",
    "order",
    put("steps", 3, "summands", 3, 3, 0, atoms(("1", ["d"]), ("-1", []))),
)
case(
    "order_equality_of_inequality",
    REJECTED,
    "premise 0 has the wrong form",
    "x >= 0 is used as x = 0",
    "order",
    put("steps", 3, "equalities", 0, 0, 0),
)
case(
    "order_fact_of_equality",
    REJECTED,
    "premise 2 has the wrong form",
    "z = 0 is used as z >= 0",
    "order",
    put("steps", 3, "summands", 0, 1, [2]),
)
case(
    "integer_fraction",
    REJECTED,
    "not an integer",
    "d - 1/2 > 0 does not give d - 3/2 >= 0",
    "integer",
    put("steps", 0, "prop", gt(atoms(("1", ["d"]), ("-1/2", [])))),
)
case(
    "integer_letter",
    REJECTED,
    "not an integer",
    "X > 0 does not give X >= 1",
    proof(
        [X],
        [decl("X", 1, 1)],
        [gt(term(1, 1, ("1", [], ["X"])))],
        ge(term(1, 1, ("1", [], ["X"]), ("-1", [], []))),
        step("assume", prop=gt(term(1, 1, ("1", [], ["X"])))),
        step("integer", 0),
    ),
)
case(
    "integer_not_strict",
    REJECTED,
    "not a strict inequality",
    "d >= 0 does not give d >= 1",
    "integer",
    put("steps", 0, "prop", 0, "ge"),
)
case(
    "null_other_term",
    REJECTED,
    "tr(P'P) <= 0 was not proved",
    "Q = 0 from tr(P'P) <= 0",
    "null",
    put("steps", 1, "term", term("d", "k", ("1", [], ["Q"]))),
)
case(
    "invert_matrix",
    REJECTED,
    "not a scalar",
    "a d x k matrix that is not 0 has no reciprocal",
    proof(
        [var("d"), var("k"), X],
        [decl("X", "d", "k"), decl("t", 1, 1)],
        [no(zero(term("d", "k", ("1", [], ["X"]))))],
        FALSE,
        step("assume", prop=no(zero(term("d", "k", ("1", [], ["X"]))))),
        step("invert", 0, name="t"),
    ),
)
case(
    "invert_not_fresh",
    REJECTED,
    "s is not fresh",
    "s s - 1 = 0 for some s, from not s = 0",
    "invert",
    put("steps", 1, "name", "s"),
)
case(
    "invert_zero",
    REJECTED,
    "not of the form: not s = 0",
    "a reciprocal of 0",
    "invert",
    put("steps", 1, "from", [0]) and put("steps", 0, "prop", zero(term(1, 1, ("1", [], ["s"])))),
)
case(
    "congruence_other_terms",
    REJECTED,
    "left = right was not proved",
    "f(a) = f(2 b) from a = b",
    "congruence",
    put("steps", 1, "right", term("d", 1, ("2", [], ["b"]))),
)
case(
    "congruence_wrong_arity",
    REJECTED,
    "arguments of the wrong shapes",
    "a map of two arguments",
    "congruence",
    put("letters", "f", "domain", [[n("d"), n(1)], [n("d"), n(1)]]) and put("steps", 1, "map", ["a", None]),
)
case(
    "rank_bound_ill_typed",
    REJECTED,
    "a product of",
    "rank(A A) of an m x k matrix",
    "transport",
    put("steps", 0, "right", term("m", "k", ("1", [], ["A~2"]))),
)
case(
    "rank_identity_wrong_product",
    REJECTED,
    "X Y = I was not proved",
    "X Y = I was assumed, Y X = I is used",
    "rank_identity",
    put(
        "steps",
        1,
        step("rank_identity", 0, left=term("k", "d", ("1", [], ["Y"])), right=term("d", "k", ("1", [], ["X"]))),
    ),
)
case(
    "rank_factor_not_fresh",
    REJECTED,
    "the names are not fresh",
    "the new letter X is the one that is factored",
    "rank_factor",
    put("steps", 0, "names", ["r", "X", "F", "A", "B"]),
)
case(
    "rank_factor_dimension_not_fresh",
    REJECTED,
    "the names are not fresh",
    "the rank is called d, as the rows",
    "rank_factor",
    put("steps", 0, "names", ["d", "C", "F", "A", "B"]),
)
case(
    "rank_factor_same_names",
    REJECTED,
    "the names are not different",
    "A and B are one letter",
    "rank_factor",
    put("steps", 0, "names", ["r", "C", "F", "A", "A"]),
)
case(
    "blocks_same_names",
    REJECTED,
    "the names are not different",
    "E and F are one letter",
    "blocks",
    put("steps", 0, "names", ["E", "E"]),
)
case(
    "difference_not_fresh",
    REJECTED,
    "b is not fresh",
    "a = b + b for some b, from a >= b",
    "difference",
    put("steps", 1, "name", "b"),
)
case(
    "difference_other",
    REJECTED,
    "a >= b was not proved",
    "b >= a from a >= b",
    "difference",
    both(put("steps", 1, "a", n("b")), put("steps", 1, "b", n("a"))),
)

# ------------------------------------------------------------------ variables
_step_about_other = step(
    "order", 1, goal=ge(atoms(("1", ["l"]), ("2", []))), summands=[["1", [0], [], []], ["2", [], [], []]], equalities=[]
)
case(
    "induct_without_base",
    REJECTED,
    "the base is not the claim at 0",
    "the base proves 1 >= 0, the claim at 0 is 0 >= 0",
    "induct",
    put("steps", 0, step("order", goal=ge(num("1")), summands=[["1", [], [], []]], equalities=[])),
)
case(
    "induct_only_base",
    REJECTED,
    "the rule takes 2 earlier steps",
    "a base and no step",
    "induct",
    put("steps", 4, "from", [0]),
)
case(
    "induct_other_step",
    REJECTED,
    "the step does not lead",
    "from l to l + 2",
    "induct",
    put("steps", 2, _step_about_other),
)
case(
    "induct_other_claim",
    REJECTED,
    "the step does not lead",
    "the step is about l - 1 >= 0",
    "induct",
    both(put("steps", 3, "prop", ge(atoms(("1", ["l"]), ("-1", []))))),
)
case(
    "induct_variable_in_hypothesis",
    REJECTED,
    "l is not fresh",
    "l - 1 >= 0 is assumed of the l over which the induction runs",
    "induct",
    both(
        put("steps", 1, "prop", ge(atoms(("1", ["l"]), ("-1", [])))),
        put("steps", 2, "summands", [["1", [0], [], []], ["2", [], [], []]]),
    ),
)


def _norm(key: str) -> Json:
    return ge(atoms(("1", [["tr", [f"{key}'", key]]])))


def _by_square(key: str, size: Json) -> Json:
    square = ["1", [], [term(size, size, ("1", [], [key]))], []]
    return step("order", goal=_norm(key), summands=[square], equalities=[])


case(
    "induct_type_depends",
    REJECTED,
    "depends on it",
    "for all d, with X: d x d free: the X at 0 and at d + 1 are other letters",
    proof(
        [X, var("d")],
        [decl("X", "d", "d"), decl("X", 0, 0), decl("X", [[1, ["d"]], [1, []]], [[1, ["d"]], [1, []]])],
        [],
        FALSE,
        _by_square("X~2", 0),
        _by_square("X~3", [[1, ["d"]], [1, []]]),
        step("discharge", 1, prop=_norm("X")),
        step("induct", 0, 2, var="d", claim=_norm("X")),
    ),
)
case(
    "generalize_free_in_hypothesis",
    REJECTED,
    "X is not fresh",
    "for all X, from a hypothesis about X",
    "cases",
    lambda b: b["steps"].insert(1, step("generalize", 0, var=X)),
)
case(
    "generalize_type_depends",
    REJECTED,
    "depends on it",
    "for all d, with X: d x d free",
    "logic",
    put("steps", 2, step("generalize", 1, var=var("d"))),
)
case(
    "specialize_other_type",
    REJECTED,
    "the image of X has another type",
    "a k x k matrix for a d x d letter",
    "logic",
    put("steps", 3, "value", {"term": term("k", "k", ("1", [], []))}),
)
case(
    "specialize_other_sort",
    REJECTED,
    "X takes a term",
    "a number for a letter",
    "logic",
    put("steps", 3, "value", {"nat": n(1)}),
)
case(
    "introduce_other_value",
    REJECTED,
    "the body at the value was not proved",
    "2 Y - Y = 0 is claimed for Y = I",
    "logic",
    put("steps", 1, "goal", 2, zero(term("d", "d", ("2", [], ["X", "Y"]), ("-1", [], ["Y", "X"])))),
)
case(
    "eliminate_free_in_conclusion",
    REJECTED,
    "t is not fresh",
    "the new letter t is in the conclusion",
    "invert",
    lambda b: (
        b.update(steps=[*b["steps"][:4], step("eliminate", 1, 3, var=var("t", True))])
        or b["statement"]["variables"].append(var("t", True))
    ),
)
case(
    "eliminate_free_in_hypothesis",
    REJECTED,
    "t is not fresh",
    "another hypothesis is about the new letter t",
    "invert",
    both(
        put("steps", 2, "prop", zero(term(1, 1, ("1", [], ["s", "u"]), ("1", [], ["t"])))),
        put("steps", 4, "target", term(1, 1, ("1", [], ["u"]), ("1", [], ["t", "t"]))),
    ),
)
case(
    "eliminate_free_in_existence",
    REJECTED,
    "s is not fresh",
    "s is taken for the t with s t = 1",
    "invert",
    put("steps", 5, "var", var("s", True)),
)
case(
    "capture",
    REJECTED,
    "an image mentions Y, which is bound",
    "X is replaced by Y under 'there is Y': then Y Z = Z Y would hold for Z = 2 I only",
    "logic",
    put("steps", 3, step("instantiate", 1, nats={}, letters=[["X", term("d", "d", ("1", [], ["Y"]))]])),
)
case(
    "capture_in_type",
    REJECTED,
    "an image mentions l, which is bound",
    "k is replaced by l under 'for all l'",
    proof(
        [var("k")],
        [],
        [],
        FALSE,
        step(
            "order",
            goal=ge(term(1, 1, ("1", ["k"], []), ("1", ["l"], []))),
            summands=[["1", [], [], [atoms(("1", ["k"]))]], ["1", [], [], [_l]]],
            equalities=[],
        ),
        step("generalize", 0, var=var("l")),
        step("instantiate", 1, nats={"k": n("l")}, letters=[]),
    ),
)
case(
    "image_twice",
    REJECTED,
    "V has two images",
    "a letter with two images",
    "instantiate",
    lambda b: b["steps"][1]["letters"].append(copy.deepcopy(b["steps"][1]["letters"][0])),
)
case(
    "image_of_another_type",
    REJECTED,
    "the image of V has another type",
    "m becomes k, but the image of V[.] has d columns",
    "instantiate",
    put("steps", 1, "letters", 0, 1, term("d", "d", ("1", [], []))),
)
case(
    "hole_left",
    REJECTED,
    "a hole outside a family's declaration",
    "the value of a matrix has a hole",
    "logic",
    both(
        put("letters", "T", decl("T", "d", "d", True)),
        put("steps", 3, "value", {"term": term("d", "d", ("1", [], [["T", n("#"), [], False]]))}),
    ),
)
case(
    "hole_for_a_number",
    REJECTED,
    "but d is not a family",
    "the image of a plain dimension has a hole",
    "instantiate",
    put("steps", 1, "nats", {"d": n("#"), "m": n("k")}),
)
case("hole_bound", MALFORMED, "'#' is not a name", "for all #", "logic", put("steps", 2, "var", var("#")))
case(
    "hole_replaced",
    MALFORMED,
    "'#' is not a name",
    "the hole itself is replaced",
    "instantiate",
    put("steps", 1, "nats", {"#": n("k")}),
)
case(
    "argument_hole_bound",
    MALFORMED,
    "'#0' is not a name",
    "for all #0, the name of an argument in the image of a map",
    "logic",
    both(put("letters", "#0", decl("#0", 1, 1)), put("steps", 2, "var", var("#0", True))),
)
case(
    "transport_two_types",
    REJECTED,
    "one letter has two types",
    "A: m x d and A: m x k become one letter: their ranks would be equal",
    "transport",
    lambda b: b.update(
        statement={"variables": b["statement"]["variables"], "given": [_d_is_k], "show": FALSE},
        steps=[
            step("ideal", target=term(1, 1), cofactors=[]),
            step(
                "transport",
                0,
                var="d",
                value=n("k"),
                assumed=[],
                goal=zero(atoms(("1", [_rank_a]), ("-1", [["rank", term("m", "k", ("1", [], ["A~2"]))]]))),
            ),
        ],
    ),
)
case(
    "transport_value_mentions",
    REJECTED,
    "d occurs in its value",
    "d = 2 d",
    "transport",
    put("steps", 1, "value", [[2, ["d"]]]),
)
case(
    "transport_other_goal",
    REJECTED,
    "the conclusion does not fit",
    "the conclusion with d and k exchanged",
    "transport",
    put("steps", 1, "goal", ge(atoms(("1", ["m"]), ("-1", [_rank_a])))),
)
case(
    "transport_forgets",
    REJECTED,
    "the hypotheses do not fit",
    "a hypothesis of the step is not assumed",
    "transport",
    lambda b: b["steps"].__setitem__(
        slice(0, 2), [step("assume", prop=_below), step("transport", 0, var="d", value=n("k"), assumed=[], goal=_below)]
    ),
)
case(
    "letter_bound_with_two_types",
    REJECTED,
    "occurs with two types under its quantifier",
    "X: 1 x 1 is bound where X: d x d is free",
    "cases",
    both(put("letters", "X~2", decl("X", "d", "d")), put("steps", 0, "prop", ["all", var("X~2", True), _x0])),
)

# ------------------------------------------------------------------ witnesses
case(
    "witness_does_not_satisfy",
    REJECTED,
    "does not satisfy the body",
    "W V = 2",
    "ground",
    put("steps", 0, "witness", "letters", "V", matrix(["2"], ["0"])),
)
case(
    "witness_wrong_shape",
    REJECTED,
    "V has another size",
    "V is 1 x 2, not 2 x 1",
    "ground",
    put("steps", 0, "witness", "letters", "V", matrix(["1", "0"])),
)
case(
    "witness_ragged",
    REJECTED,
    "W has another size",
    "a row too many",
    "ground",
    put("steps", 0, "witness", "letters", "W", matrix(["1", "0"], [])),
)
case(
    "witness_missing_letter",
    REJECTED,
    "gives no matrix for W",
    "a matrix is missing",
    "ground",
    drop("steps", 0, "witness", "letters", "W"),
)
case(
    "witness_missing_number",
    REJECTED,
    "no natural number for m",
    "a dimension is missing",
    "ground",
    drop("steps", 0, "witness", "nats", "m"),
)
case(
    "witness_negative_number",
    MALFORMED,
    "-1 is not a natural number",
    "a negative dimension",
    "ground",
    put("steps", 0, "witness", "nats", "m", -1),
)
case(
    "witness_boolean_number",
    MALFORMED,
    "True is not a natural number",
    "true is no number",
    "ground",
    put("steps", 0, "witness", "nats", "m", True),
)
case(
    "witness_float",
    MALFORMED,
    "0.5 is not an integer",
    "a number with a point",
    "ground",
    text=lambda t: t.replace('"m": 1', '"m": 0.5'),
)
case(
    "witness_float_text",
    MALFORMED,
    "'1.0' is not a rational",
    "a rational with a point",
    "ground",
    put("steps", 0, "witness", "letters", "V", matrix(["1.0"], ["0"])),
)
case(
    "witness_division_by_zero",
    MALFORMED,
    "'1/0' is not a rational",
    "1/0",
    "ground",
    put("steps", 0, "witness", "letters", "V", matrix(["1/0"], ["0"])),
)
case(
    "witness_family_for_matrix",
    REJECTED,
    "gives no matrix for V",
    "a family where a matrix is meant",
    "ground",
    put("steps", 0, "witness", "letters", "V", {"family": {"0": [["1"], ["0"]]}}),
)
case(
    "witness_family_hole",
    REJECTED,
    "gives no value for T[1]",
    "a family without its second matrix",
    "ground_map",
    drop("steps", 0, "witness", "letters", "T", "family", "1"),
)
case(
    "witness_map_two_values",
    REJECTED,
    "exactly one value",
    "f(3) = 7 and f(3) = 8",
    "ground_map",
    lambda b: b["steps"][0]["witness"]["letters"]["f"]["map"].append([None, [[["3"]]], [["8"]]]),
)
case(
    "witness_map_no_value",
    REJECTED,
    "exactly one value",
    "f(3) is missing",
    "ground_map",
    drop("steps", 0, "witness", "letters", "f", "map", 2),
)
case(
    "witness_unbounded",
    REJECTED,
    "a quantifier cannot be evaluated",
    "for all l, without a bound",
    "ground_map",
    both(put("steps", 0, "goal", 2, 2, 1, 0, 2, 1, 0, "gt"), put("statement", "given", 0, 2, 1, 0, "gt")),
)
case(
    "witness_inner_exists",
    REJECTED,
    "a quantifier cannot be evaluated",
    "there is .. inside the body",
    "ground",
    both(
        put("statement", "show", ["ex", var("k"), _vw]),
        put("steps", 0, "goal", 2, 2, 2, 2, 1, 1, no(["ex", var("k"), _vw])),
    ),
)
case(
    "witness_range_too_long",
    REJECTED,
    "the range of a quantifier is not a small number",
    "for all l < 2000",
    "ground_map",
    both(
        put("steps", 0, "goal", 2, 2, 1, 0, 2, 1, ge(atoms(("1999", []), ("-1", ["l"])))),
        put("statement", "given", 0, 2, 1, ge(atoms(("1999", []), ("-1", ["l"])))),
    ),
)
case(
    "witness_free_name",
    REJECTED,
    "the body has free names",
    "m is not bound by the goal",
    "ground",
    lambda b: b["steps"][0].update(goal=["ex", var("d"), b["steps"][0]["goal"][2][2]]),
)
case(
    "witness_root_negative",
    REJECTED,
    "a root of a number that is not positive",
    "the root of -2",
    "ground_root",
    put("steps", 0, "witness", "roots", ["-2"]),
)
case(
    "witness_root_of_zero",
    REJECTED,
    "a root of a number that is not positive",
    "the root of 0",
    "ground_root",
    put("steps", 0, "witness", "roots", ["0"]),
)
case(
    "witness_root_missing",
    MALFORMED,
    "a root that is not there",
    "the second root of one",
    "ground_root",
    put("steps", 0, "witness", "letters", "X", matrix([["0", "1", 2]])),
)
case(
    "witness_root_circular",
    MALFORMED,
    "a root that is not there",
    "a root of itself",
    "ground_root",
    put("steps", 0, "witness", "roots", [["0", "1", 1]]),
)
case(
    "witness_root_order",
    MALFORMED,
    "a root above its own",
    "a + b sqrt(roots[0]) with a above",
    "ground_root",
    both(
        put("steps", 0, "witness", "roots", ["2", "3"]),
        put("steps", 0, "witness", "letters", "X", matrix([[["0", "1", 2], "1", 1]])),
    ),
)
case(
    "witness_wrong_root",
    REJECTED,
    "does not satisfy the body",
    "the root of 3 squared is not 2",
    "ground_root",
    put("steps", 0, "witness", "roots", ["3"]),
)
case(
    "witness_too_large",
    REJECTED,
    "the witness is too large",
    "a dimension of 10,001",
    "ground",
    put("steps", 0, "witness", "nats", "d", 10_001),
)

# ------------------------------------------------------------------ expressions
case(
    "typed_after_all",
    REJECTED,
    "the expression has a type: m x m",
    "an ill-typed file whose expression has a type",
    "ill_typed",
    put("expression", ["mul", [["T", ["letter", "V", None, []]], ["letter", "V", None, []]]]),
)
case(
    "relation_typed_after_all",
    REJECTED,
    "the expression has a type: a relation",
    "an ill-typed file whose relation has a type",
    "ill_typed",
    put("expression", ["eq", ["letter", "V", None, []], ["zero", n("d"), n("m")]]),
)
case(
    "definition_without_type",
    REJECTED,
    "a product of d x m and d x m",
    "a definition without a type",
    "definition",
    put("expression", 1, 1, ["letter", "V", None, []]),
)
case(
    "ill_typed_and_malformed",
    MALFORMED,
    "an expression is ill-formed",
    "no type, but no expression either: the part behind the clash is 5",
    "ill_typed",
    put("expression", ["add", [["trace", ["letter", "V", None, []]], 5]]),
)
case(
    "expression_unknown",
    MALFORMED,
    "an expression 'inverse' is ill-formed",
    "an operation that the format does not have",
    "ill_typed",
    put("expression", ["inverse", ["letter", "V", None, []]]),
)
case(
    "expression_undeclared",
    MALFORMED,
    "the letter 'U' is not declared",
    "a letter that is not declared has no type either",
    "ill_typed",
    put("expression", 1, 1, 1, "U"),
)
case(
    "expression_with_axioms",
    REJECTED,
    "axioms without steps",
    "a definition that lists an axiom",
    "definition",
    put("axioms", ["squares"]),
)

# ------------------------------------------------------------------ citations
case("cites_nothing", MALFORMED, "cites is not an object", "an object without a claim", "cites", put("cites", {}))
case("cites_list", MALFORMED, "cites is not an object", "the cited claims as a list", "cites", put("cites", ["X-0"]))
case(
    "cites_a_later_step",
    REJECTED,
    "a cited step does not exist",
    "the number of steps in place of the last step",
    "cites",
    put("cites", "X-0", len(SOUND["cites"]["steps"])),
)
case(
    "cites_counted_from_the_end",
    REJECTED,
    "a cited step does not exist",
    "-1, which in Python is the last step",
    "cites",
    put("cites", "X-0", -1),
)
case(
    "cites_true",
    MALFORMED,
    "the number of a cited step is ill-formed",
    "true, which in Python is step 1",
    "cites",
    put("cites", "X-0", True),
)
case("cites_itself", REJECTED, "the claim cites itself", "its own id", "cites", put("cites", {"X-1": 2}))
case(
    "cites_one_step_twice",
    REJECTED,
    "one step is cited as two claims",
    "two claims, one step",
    "cites",
    put("cites", "X-2", 2),
)
case(
    "cites_with_a_line_break",
    MALFORMED,
    "a cited id is not printable",
    "a cited id that prints as a report",
    "cites",
    put("cites", {"X-0\nX-1: checked": 2}),
)
case(
    "cites_without_steps",
    MALFORMED,
    "the certificate has the keys",
    "a definition that cites",
    "definition",
    put("cites", {"X-0": 0}),
)

# ------------------------------------------------------------------ the file
case(
    "forged_digest",
    MALFORMED,
    "the digest does not fit",
    "one digit of the digest",
    original("VW-T6c"),
    text=lambda t: t.replace('"sha256:', '"sha256:0').replace(t.split("sha256:")[1][63] + '"', '"', 1),
)
case(
    "content_changed",
    MALFORMED,
    "the digest does not fit",
    "the statement is changed, the digest stays",
    original("VW-T6c"),
    text=lambda t: t.replace('["number", "-1"], ["letter", "g"', '["number", "1"], ["letter", "g"'),
)
case(
    "title_changed",
    MALFORMED,
    "the digest does not fit",
    "only the title is changed",
    original("VW-T6c"),
    text=lambda t: t.replace("With gain", "Without gain"),
)
case(
    "digest_missing",
    MALFORMED,
    "the certificate has the keys",
    "no digest",
    "integer",
    text=lambda t: t.replace('"digest"', '"digset"'),
)
case("key_missing", MALFORMED, "the certificate has the keys", "no letters", "integer", drop("letters"))
case("key_unknown", MALFORMED, "the certificate has the keys", "a key too many", "integer", put("note", "trust me"))
case(
    "key_unknown_inside",
    MALFORMED,
    "a term has the keys",
    "a key too many in a term",
    "integer",
    put("statement", "show", 1, "note", ""),
)
case(
    "key_twice",
    MALFORMED,
    "a key twice",
    "a second statement behind the first",
    "integer",
    text=lambda t: t.replace(' "title"', ' "kind": "proof",\n "title"'),
)
case(
    "format_unknown",
    MALFORMED,
    "not a file of the format",
    "format 2",
    "integer",
    put("format", "streamproof certificate 2"),
)
case(
    "kind_unknown",
    MALFORMED,
    "unknown kind",
    "a kind that the format does not have",
    "integer",
    put("kind", "conjecture"),
)
case("kind_list", MALFORMED, "unknown kind", "the kind is a list", "integer", put("kind", ["proof"]))
case("title_number", MALFORMED, "id or title is not text", "the title is a number", "integer", put("title", 1))
case(
    "id_with_a_line_break",
    MALFORMED,
    "the id is not printable",
    "an id that prints as the report of another claim",
    "integer",
    put("id", "X-1: checked (proof; no axioms)\nX-2"),
)
case("axioms_not_list", MALFORMED, "axioms is not a list of names", "axioms: null", "integer", put("axioms", None))
case("steps_not_list", MALFORMED, "the file is ill-formed", "the steps are an object", "integer", put("steps", {}))
case(
    "step_not_object", MALFORMED, "a step is ill-formed", "a step is a list", "integer", put("steps", 1, ["integer", 0])
)
case(
    "letters_not_object", MALFORMED, "letters is not an object", "the letters are a list", "integer", put("letters", [])
)
case(
    "letter_undeclared",
    MALFORMED,
    "the letter 'V' is not declared",
    "V is used and not declared",
    original("VW-T6c"),
    drop("letters", "V"),
)
case(
    "letter_under_another_key",
    MALFORMED,
    "is not a key for W",
    "the key V is declared with the name W",
    original("VW-T6c"),
    put("letters", "V", "name", "W"),
)
case(
    "letter_declared_twice",
    MALFORMED,
    "is declared twice",
    "V and V~2 are the same declaration",
    original("VW-T6c"),
    lambda b: b["letters"].update({"V~2": b["letters"]["V"]}),
)
case(
    "letter_named_in_greek",
    MALFORMED,
    "is not a name",
    "a name that looks like another: Greek capital alpha",
    "congruence",
    both(put("letters", "\u0391", decl("\u0391", 1, 1))),
)
case(
    "prop_unknown",
    MALFORMED,
    "unknown proposition 'or'",
    "a proposition that the format does not have",
    "integer",
    put("steps", 0, "prop", ["or", [FALSE]]),
)
case(
    "prop_empty_and",
    MALFORMED,
    "unknown proposition 'and'",
    "the conjunction of nothing",
    "integer",
    put("steps", 0, "prop", ["and", []]),
)
case(
    "prop_kind_list",
    MALFORMED,
    "a proposition is ill-formed",
    "the kind of a proposition is a list",
    "integer",
    put("statement", "show", [[]]),
)
case(
    "order_of_matrices",
    REJECTED,
    "a scalar is not 1 x 1",
    "X >= 0 for a d x k matrix",
    "rank_factor",
    put("statement", "show", ["ge", term("d", "k", ("1", [], ["X"]))]),
)
case(
    "dimension_negative",
    MALFORMED,
    "a coefficient that is not positive",
    "d - 1 as a dimension",
    "rank_factor",
    put("letters", "X", "rows", [[1, ["d"]], [-1, []]]),
)
case(
    "dimension_rational",
    MALFORMED,
    "a coefficient that is not positive",
    "the dimension d/2",
    "rank_factor",
    put("letters", "X", "rows", [["1/2", ["d"]]]),
)
case(
    "trace_of_nothing",
    MALFORMED,
    "an atom is ill-formed",
    "the trace of an empty word has no size",
    "null",
    put("steps", 0, "prop", 1, "sum", 0, 1, [["tr", []]]),
)
case("not_json", MALFORMED, "not JSON", "a comma too many", "integer", text=lambda t: t.replace("\n}", ",\n}"))
case(
    "not_json_nan",
    MALFORMED,
    "NaN is not an integer",
    "NaN, which Python's reader takes",
    "integer",
    text=lambda t: t.replace('"title": ""', '"title": NaN'),
)
case("not_json_empty", MALFORMED, "not JSON", "an empty file", "integer", text=lambda _: "")
case("not_an_object", MALFORMED, "not a file of the format", "a list", "integer", text=lambda t: f"[{t}]")
case("two_objects", MALFORMED, "not JSON", "a second certificate behind the first", "integer", text=lambda t: t + t)

# ------------------------------------------------------------------ limits
case("limit_bytes", OVER, "more than 100 bytes", "larger than 100 bytes", original("VW-T6c"), bytes=100)
case("limit_depth", OVER, "nested more than 6 deep", "nested more than 6 deep", "integer", depth=6)
case(
    "limit_depth_own",
    OVER,
    "nested more than 60 deep",
    "nested 70 deep",
    "integer",
    text=lambda t: t.replace('"title": ""', f'"title": {"[" * 70}{"]" * 70}'),
)
case("limit_steps", OVER, "more than 3 steps", "more than 3 steps", "induct", steps=3)
case("limit_words", OVER, "a term has more than 2 words", "a sum of more than 2 words", "order", words=2)
case(
    "limit_digits",
    OVER,
    "a number of more than 3 digits",
    "a rational of 5 digits",
    "integer",
    put("steps", 0, "prop", gt(num("12345"))),
    digits=3,
)
case(
    "limit_digits_natural",
    OVER,
    "a number of more than 3 digits",
    "a dimension of 5 digits",
    "ground",
    put("steps", 0, "witness", "nats", "d", 12345),
    digits=3,
)
case(
    "limit_work", OVER, "more than 10 word operations", "more than 10 operations on words", original("VW-L5g"), work=10
)
case(
    "limit_roots",
    OVER,
    "more than 8 roots",
    "a tower of 9 roots",
    "ground_root",
    put("steps", 0, "witness", "roots", ["2"] * 9),
)
case(
    "limit_dimension",
    OVER,
    "a product of more than 100 variables",
    "d to the 101",
    "rank_factor",
    put("letters", "X", "rows", [[1, ["d"] * 101]]),
)


def files() -> dict[str, str]:
    """All files of the folder by path."""
    found = {f"files/{name}.json": c.text for name, c in CASES.items()}
    lines = [
        {"file": name, "code": c.code, "message": c.message, "why": c.why, **({"limits": c.limits} if c.limits else {})}
        for name, c in sorted(CASES.items())
    ]
    found["expected.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines)
    return found


def main() -> None:
    for old in (HERE / "files").glob("*.json"):
        old.unlink()
    for path, text in files().items():
        (HERE / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
