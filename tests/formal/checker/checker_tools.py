"""Certificates of the book, damage to them, and a search for values at which a statement of the checker fails."""

from __future__ import annotations

import copy
import json
import marshal
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

from formal import checker
from formal.book import BOOK
from formal.certificate import certificate, digest, to_text
from formal.checker import Evaluator, Limits, Prop, Replay, tag
from formal.claims import check

Json = Any
Path = tuple[Any, ...]


class OnDemand(Mapping[str, Any]):
    """Something of every claim of the book, made when it is asked for: most tests need a few."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make, self._made = make, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(BOOK.claims)

    def __len__(self) -> int:
        return len(BOOK.claims)


TEXTS = OnDemand(lambda name: to_text(certificate(check(BOOK.claims[name], sharp=False))))
DATA = OnDemand(lambda name: json.loads(TEXTS[name]))


def book_texts() -> Mapping[str, str]:
    """The certificate of every claim of the book, as text."""
    return TEXTS


def book_data() -> Mapping[str, Json]:
    return DATA


def sealed(body: Json) -> str:
    """The text of a certificate with the right digest."""
    return json.dumps({**body, "digest": digest(body)})


# ------------------------------------------------------------------ damage
def places(data: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    yield path, data
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))


@cache
def book_places(name: str) -> tuple[tuple[Path, Json], ...]:
    """All places of a certificate, but for those that only say what it is."""
    quiet = ("digest", "format", "id", "title")
    return tuple((p, v) for p, v in places(book_data()[name]) if p and p[0] not in quiet)


def is_rational(x: Json) -> bool:
    return isinstance(x, str) and x.lstrip("-").replace("/", "").isdigit()


def damaged_number(x: Json, rng: Random) -> Json:
    if isinstance(x, bool):
        return not x
    if isinstance(x, int):
        return rng.choice([v for v in (x + 1, x - 1, 0, 1, 2, -x) if v != x])
    return rng.choice([v for v in ("0", "1", "-1", "2", "1/2", f"-{x}".replace("--", "")) if v != x])


def damaged_text(x: str, names: list[str], rng: Random) -> Json:
    """Another name of the file, the same letter transposed, or another word of the format."""
    words = {
        "eq": ["ne", "le"],
        "ne": ["eq"],
        "le": ["lt"],
        "lt": ["le"],
        "ge": ["gt"],
        "gt": ["ge"],
        "zero": ["ge"],
        "all": ["ex"],
        "ex": ["all"],
        "and": ["imp"],
        "trace": ["rank"],
        "add": ["mul"],
        "mul": ["add"],
    }
    choices = [*words.get(x, []), f"{x}'", x.removesuffix("'"), *rng.sample(names, min(3, len(names)))]
    return rng.choice([c for c in choices if c != x] or [f"{x}_"])


def replaced(x: Json, old: Json, new: Json) -> Json:
    """Everything equal to old becomes new, keys included."""
    if type(x) is type(old) and x == old:
        return copy.deepcopy(new)
    if isinstance(x, dict):
        return {(new if k == old and isinstance(new, str) else k): replaced(v, old, new) for k, v in x.items()}
    if isinstance(x, list):
        return [replaced(v, old, new) for v in x]
    return x


def is_word(x: Json, letters: Json) -> bool:
    """A list of plain factors."""
    return isinstance(x, list) and bool(x) and all(isinstance(f, str) and f.removesuffix("'") in letters for f in x)


def one_damage(body: Json, found: tuple[tuple[Path, Json], ...], names: list[str], rng: Random) -> tuple[Json, str]:
    """One change, or none where it makes no sense; found are the places to choose from."""
    path, value = rng.choice(found)
    target = body
    for key in path[:-1]:
        target = target[key]
    last, letters = path[-1], body["letters"]
    listed = isinstance(target, list)
    kinds = ["value"] * 4 + ["word"] * 4 + ["flip"] * 3 + ["drop", "double", "swap", "graft", "everywhere", "rename"]
    kind = rng.choice(kinds)
    if kind == "value" and (is_rational(value) or isinstance(value, bool | int)):
        target[last] = damaged_number(value, rng)
    elif kind == "word" and is_word(value, letters):
        i, j = rng.randrange(len(value)), rng.randrange(len(value))
        value = list(value)
        value[i], value[j] = value[j], value[i]
        if i == j:
            alike = [
                k for k in letters if all(letters[k][x] == letters[value[i].rstrip("'")][x] for x in ("rows", "cols"))
            ]
            value[i] = rng.choice(alike) + "'" * value[i].count("'")
        target[last] = value
    elif kind == "flip" and isinstance(value, str) and value.removesuffix("'") in letters and path[0] == "steps":
        target[last] = value[:-1] if value.endswith("'") else f"{value}'"
    elif kind == "flip" and isinstance(value, list) and value[:1] == ["letter"] and len(value) == 4:
        target[last] = ["T", value]
    elif (
        kind == "flip"
        and isinstance(value, list)
        and value[:1] == ["T"]
        and len(value) == 2
        and isinstance(value[1], list)
    ):
        target[last] = value[1]
    elif kind == "drop" and (listed or rng.random() < 0.1):
        del target[last]
    elif kind == "double" and listed:
        target.insert(last, copy.deepcopy(value))
    elif kind == "swap" and listed and len(target) > 1:
        other = rng.choice([i for i in range(len(target)) if i != last])
        target[last], target[other] = target[other], target[last]
    elif kind == "rename" and isinstance(value, str) and not is_rational(value):
        target[last] = damaged_text(value, names, rng)
    elif kind in ("graft", "everywhere") and value != []:
        alike = [v for _, v in rng.sample(found, min(60, len(found))) if type(v) is type(value) and v != value]
        alike = [v for v in alike if not isinstance(v, list | dict) or _form(v) == _form(value)]
        alike = names if isinstance(value, str) and value in names else alike
        if alike:
            new = rng.choice(alike)
            body = body | {last: new} if len(path) == 1 else body
            if kind == "graft":
                target[last] = copy.deepcopy(new)
            else:
                body = body | {k: replaced(body[k], value, new) for k in ("statement", "steps", "letters") if k in body}
    return body, f"{kind} at {path}"


def _form(x: Json) -> Json:
    """What kind of data this is: its keys, or its length and first word."""
    if isinstance(x, dict):
        return tuple(sorted(x))
    head = x[0] if x and isinstance(x[0], str) and not is_rational(x[0]) else type(x[0]).__name__ if x else ""
    return len(x), head


def damage(name: str, rng: Random) -> tuple[Json, str, bool]:
    """A copy with one damage, what was done, and whether the statement, its letters or the expression was touched."""
    original = book_data()[name]
    sources = [book_places(name), _places_of(name, ("statement", "expression")), _places_of(name, ("letters",))]
    while True:
        found = rng.choices(sources, (6, 3, 1))[0]
        body, what = one_damage(marshal.loads(_frozen(name)), found, [*original["letters"], *_nat_names(name)], rng)
        if body != original:
            said = ("statement", "expression", "letters", "kind", "axioms")
            return body, what, any(body.get(k) != original.get(k) for k in said)


@cache
def _frozen(name: str) -> bytes:
    return marshal.dumps(book_data()[name])


@cache
def _places_of(name: str, tops: tuple[str, ...]) -> tuple[tuple[Path, Json], ...]:
    return tuple((p, v) for p, v in book_places(name) if p[0] in tops)


@cache
def _nat_names(name: str) -> tuple[str, ...]:
    nats = [v["nat"] for p, v in book_places(name) if isinstance(v, dict) and isinstance(v.get("nat"), str)]
    return tuple(dict.fromkeys(nats))


def damaged_bytes(text: str, rng: Random) -> bytes:
    raw = bytearray(text.encode())
    i = rng.randrange(len(raw))
    kind = rng.randrange(4)
    if kind == 0:
        raw[i] = rng.randrange(256)
    elif kind == 1:
        raw[i] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del raw[i : i + rng.randrange(1, 4)]
    else:
        raw.insert(i, rng.choice(b"0123456789-'\"[]{},:tfn \n"))
    return bytes(raw)


# ------------------------------------------------------------------ what a certificate states
class Statement:
    """The statement of a certificate as the checker reads it."""

    def __init__(self, replay: Replay, data: Json) -> None:
        replay.letters = {}
        replay.declare(data["letters"])
        self.replay, self.kind = replay, data["kind"]
        statement = data["statement"]
        self.variables = [replay.read_var(v) for v in statement["variables"]]
        self.given = [checker.whole(checker.statement_prop(replay, p)) for p in statement["given"]]
        self.show = checker.whole(checker.statement_prop(replay, statement["show"]))

    def says(self, other: Statement) -> bool:
        """Whether the other says the same. A proof speaks of all values, so the order of its variables is no matter."""
        mine, theirs = ((s.kind, s.show, frozenset(s.given)) for s in (self, other))
        return mine == theirs and (self.kind == "proof" or self.variables == other.variables)


def statements(before: Json, after: Json) -> tuple[Statement, Statement]:
    """Both statements in one algebra, so that equal terms are equal."""
    replay = Replay(Limits())
    return Statement(replay, before), Statement(replay, after)


class Undecided(Exception):
    """The statement has a quantifier that no finite number of values decides."""


class Trial(Evaluator):
    """Values that are chosen at random when they are first asked for; maps too."""

    def __init__(self, algebra: Replay, rng: Random, names: set[str], largest: int = 2) -> None:
        nats: dict[str, Any] = {}
        for name in sorted(n for n in names if not n.startswith(".")):
            if name.endswith("[]"):
                nats[name[:-2]] = {i: rng.randrange(largest + 1) for i in range(30)}
            else:
                nats.setdefault(name, rng.randrange(largest + 1))
        super().__init__(algebra, nats, {})
        self.rng, self.values = rng, {}

    def at(self, **nats: int) -> Trial:
        other = copy.copy(self)
        other.nats = {**self.nats, **nats}
        return other

    def holds(self, p: Prop) -> bool:
        if p[0] not in ("all", "ex"):
            return super().holds(p)
        if p[0] == "ex" or not isinstance(p[1], str) or p[2][0] != "imp" or p[2][1][0] != "ge":
            raise Undecided
        index = self.algebra.nat(((((p[1], ""),), 1),))
        bound = self.algebra.add(self.algebra.add(p[2][1][1], index), self.algebra.number(1))
        if p[1] in bound.names():
            raise Undecided
        limit = self.value(bound)[0][0]
        return all([self.at(**{p[1]: i}).holds(p[2][2]) for i in range(100) if i <= limit - 1])  # noqa: C419

    def matrix(self, f: checker.Factor) -> list[list[Any]]:
        rows, cols = (f.cols, f.rows) if f.flipped else (f.rows, f.cols)
        size = self.size(rows), self.size(cols)
        point = (f.symbol.name, None if f.at is None else self.size(f.at), repr([self.value(a) for a in f.args]), size)
        if point not in self.values:
            style = self.rng.randrange(4)
            self.values[point] = [
                [
                    int(i == j) if style == 0 else 0 if style == 1 else self.rng.choice((-1, 0, 1))
                    for j in range(size[1])
                ]
                for i in range(size[0])
            ]
        value: list[list[Any]] = self.values[point]
        return [[row[j] for row in value] for j in range(size[1])] if f.flipped else value

    def refutes(self, given: list[Prop], show: Prop) -> bool:
        """Whether all given holds here and show fails; for all, imp and and are taken apart."""
        if show[0] == "and":
            return any(self.refutes(given, q) for q in show[1])
        if show[0] == "imp":
            return self.refutes([*given, show[1]], show[2])
        if show[0] == "all":
            if isinstance(show[1], str):
                return self.at(**{show[1]: self.rng.randrange(3)}).refutes(given, show[2])
            return self.refutes(given, show[2])
        return all(self.holds(p) for p in given) and not self.holds(show)


def counterexample(s: Statement, tries: int, seed: int = 0) -> Trial | None:
    """Values at which the statement fails, if some of the tries finds them. Raises Undecided."""
    names = checker.free_names(s.show).union(*map(checker.free_names, s.given), _bound_names(s.show))
    for i in range(tries):
        trial = Trial(s.replay, Random(f"{seed} {i}"), names, largest=1 + i % 2)
        s.replay.work = 0
        try:
            if trial.refutes(s.given, s.show):
                return trial
        except checker.Rejected:  # a family beyond its last index, and such
            continue
    return None


def _bound_names(p: Prop) -> set[str]:
    """A letter or family that is bound is chosen like a free one; under a quantifier the names stay apart."""
    if p[0] in ("zero", "ge", "gt"):
        return set()
    if p[0] in ("all", "ex"):
        return {tag(p[1]), *checker.free_names(p[2])} | _bound_names(p[2])
    return set().union(*map(_bound_names, checker.subprops(p)))


# ------------------------------------------------------------------ shapes, a second time
def shape_of(e: Json, letters: Json, put: Callable[[Json, Json], Json]) -> tuple[Json, Json] | None:
    """The shape of an expression by plain recursion, or None; dimensions as `put` (data, index) normalises them."""
    op, rest = e[0], e[1:]
    one = put([[1, []]], None)
    if op == "letter":
        d = letters[rest[0]]
        if d["indexed"] != (rest[1] is not None):
            return None
        wanted = [(put(r, rest[1]), put(c, rest[1])) for r, c in d["domain"]]
        given = [shape_of(x, letters, put) for x in rest[2]]
        return (put(d["rows"], rest[1]), put(d["cols"], rest[1])) if given == wanted else None
    if op == "identity":
        return put(rest[0], None), put(rest[0], None)
    if op == "zero":
        return put(rest[0], None), put(rest[1], None)
    if op in ("number", "nat"):
        return one, one
    parts = [shape_of(x, letters, put) for x in (rest[0] if op in ("add", "mul") else rest)]
    if None in parts:
        return None
    total = parts[0]
    assert total is not None
    for s in parts[1:]:
        assert s is not None
        if op in ("add", "eq", "ne", "le", "lt") and total != s:
            return None
        if op == "mul":
            if total[1] == s[0]:
                total = total[0], s[1]
            elif (one, one) in (total, s):
                total = s if total == (one, one) else total
            else:
                return None
    if op in ("le", "lt") and total != (one, one):
        return None
    if op == "trace" and total[0] != total[1]:
        return None
    return total[::-1] if op == "T" else (one, one) if op in ("trace", "rank") else total
