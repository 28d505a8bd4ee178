"""A goal at chosen sizes, as a program: which values each letter, expression and relation is computed from.

Every letter, and every member of a family, is a place to be filled. Equal expressions are one node. When the places are
filled in some order, each node is computed once, as soon as the places that it depends on are known (`Plan`). A search
that changes the last place only computes what depends on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from ..kernel.ground import Witness, evaluate_nat
from ..kernel.terms import HOLE, ONE, Decl, Nat, nat, nat_substitute
from ..statement.language import Expression, Family, Prop, to_nat
from .exact import Mat, identity, natural, rational, trace, zeros
from .goals import RELATIONS, Goal
from .maps import Map

Place: TypeAlias = tuple[str, int | None]  # a letter, or one member of a family
Run: TypeAlias = Callable[[], Any]
STEEP = 99  # the degree of what is no polynomial
NODES = 6000  # a statement that needs more at these sizes is left alone


class TooLarge(Exception):
    """At these sizes the statement has more parts than a search can go through."""


class Relation(NamedTuple):
    """Something that must hold: a relation of two nodes (op, left, right), or a combination (op "bool").

    test: reads the values of the nodes. deps: the places it depends on, as bits. given: False where it comes from
    the denial of the conclusion.
    """

    op: str
    left: int
    right: int
    test: Callable[[], bool]
    deps: int
    given: bool
    nodes: frozenset[int]


class Level(NamedTuple):
    """What happens when the places in `group` have been filled, and all those of the levels before."""

    group: tuple[int, ...]
    mask: int
    nodes: tuple[tuple[int, Run], ...]
    linear: tuple[Relation, ...]  # equations that are affine in the group
    given: tuple[Relation, ...]
    denied: tuple[Relation, ...]
    affine: tuple[tuple[int, Run], ...]  # the nodes that the linear equations need


@dataclass
class Plan:
    """The levels for one order of the places."""

    levels: tuple[Level, ...]


class Network:
    """values: what each node has now; places, shapes: what is to be filled in; maps: values of opaque maps by name.

    Raises StatementError or KernelError where a family of dimensions is asked for a member that it does not have.
    """

    def __init__(self, goal: Goal, nats: Mapping[str, Any], largest: int = NODES) -> None:
        self.goal, self.nats, self.largest = goal, dict(nats), largest
        self.values: list[Any] = []
        self.deps: list[int] = []
        self.shapes: list[tuple[int, int]] = []
        self.runs: list[Run | None] = []
        self.args: list[tuple[int, ...]] = []
        self.ops: list[str] = []
        self.places: list[Place] = []
        self.place_nodes: list[int] = []
        self.decls: dict[str, Decl] = {}
        self.entries_read: set[tuple[str, int]] = set()  # of families of dimensions
        self._known: dict[Any, int] = {}
        self._sizes: dict[tuple[Nat, Any], int] = {}
        self._degrees: dict[tuple[int, int], int] = {}
        self._plans: dict[Any, Plan] = {}
        self._families = {fam.decl.name: fam for fam in goal.where}
        self.depths = {name: self.size(to_nat(f.defined[1].bound), ()) for name, f in self._families.items()}
        self.relations: list[Relation] = []
        self.contradiction = False  # a relation without letters fails
        for p in goal.given:
            self._require(p, (), True)
        for p in goal.denied:
            self._require(p, (), False)

    # ------------------------------------------------------------ sizes
    def size(self, n: Nat, env: tuple[tuple[str, int], ...]) -> int:
        """A dimension or an index, where the bound indices have these values."""
        key = n, env
        known = self._sizes.get(key)
        if known is None:
            at = {**self.nats, **dict(env)} if env else self.nats
            known = self._sizes[key] = evaluate_nat(n, Witness(at, {}))
            self._note(n, at)
        return known

    def _note(self, n: Nat, at: Mapping[str, Any]) -> None:
        for mono, _ in n:
            for name, index in mono:
                if index:
                    self.entries_read.add((name, evaluate_nat(index[0], Witness(at, {}))))
                    self._note(index[0], at)

    # ------------------------------------------------------------ nodes
    def _node(self, op: str, args: tuple[int, ...], shape: tuple[int, int], data: Any, run: Run | None) -> int:
        if len(self.values) >= self.largest:
            raise TooLarge
        here = len(self.values)
        deps = 0
        for a in args:
            deps |= self.deps[a]
        self.values.append(None)
        self.deps.append(deps)
        self.shapes.append(shape)
        self.args.append(args)
        self.ops.append(op)
        self.runs.append(run)
        self._known[op, args, shape, data] = here
        if run is not None and not deps:
            self.values[here], self.runs[here] = run(), None
        return here

    def _constant(self, value: Mat, data: Any) -> int:
        shape = (value.nrows(), value.ncols())
        known = self._known.get(("constant", (), shape, data))
        return self._node("constant", (), shape, data, lambda: value) if known is None else known

    def _place(self, decl: Decl, index: int | None, shape: tuple[int, int], op: str = "place") -> int:
        data = (decl.name, index)
        known = self._known.get((op, (), shape, data))
        if known is None:
            known = self._node(op, (), shape, data, None)
            self.deps[known] = 1 << len(self.places)
            self.places.append(data)
            self.place_nodes.append(known)
            self.decls[decl.name] = decl
        return known

    def _apply(self, op: str, args: tuple[int, ...], shape: tuple[int, int]) -> int:
        known = self._known.get((op, args, shape, None))
        if known is not None:
            return known
        v, a = self.values, args[0]
        b = args[1] if len(args) > 1 else a
        runs: dict[str, Run] = {
            "T": lambda: v[a].transpose(),
            "trace": lambda: trace(v[a]),
            "rank": lambda: natural(v[a].rank()),
            "add": lambda: v[a] + v[b],
            "mul": lambda: v[a] * v[b],
            "scale": lambda: v[a][0, 0] * v[b],
        }
        if op == "scale" and not self.deps[a]:
            number = v[a][0, 0]
            runs["scale"] = lambda: number * v[b]
        return self._node(op, args, shape, None, runs[op])

    def expression(self, e: Expression, env: tuple[tuple[str, int], ...]) -> int:
        """The node of an expression."""
        shape = self.size(e.n_rows, env), self.size(e.n_cols, env)
        if e.op == "letter":
            return self._letter(e, env, shape)
        if e.op == "identity":
            return self._constant(identity(shape[0]), "I")
        if e.op == "zero":
            return self._constant(zeros(*shape), "0")
        if e.op == "number":
            return self._constant(rational(e.data[0]) * natural(1), e.data[0])
        if e.op == "nat":
            n = self.size(e.data[0], env)
            return self._constant(natural(n), n)
        parts = [self.expression(p, env) for p in e.parts]
        if e.op in ("T", "trace", "rank"):
            return self._apply(e.op, (parts[0],), shape)
        total, rows, cols = parts[0], e.parts[0].n_rows, e.parts[0].n_cols
        for node, part in zip(parts[1:], e.parts[1:], strict=True):
            if e.op == "add":
                total = self._apply("add", (total, node), shape)
            elif cols == part.n_rows:
                cols = part.n_cols
                total = self._apply("mul", (total, node), (self.size(rows, env), self.size(cols, env)))
            elif rows == ONE == cols:
                rows, cols = part.n_rows, part.n_cols
                total = self._apply("scale", (total, node), (self.size(rows, env), self.size(cols, env)))
            else:
                total = self._apply("scale", (node, total), self.shapes[total])
        return total

    def _letter(self, e: Expression, env: tuple[tuple[str, int], ...], shape: tuple[int, int]) -> int:
        decl, at = e.data
        index = None if at is None else self.size(at, env)
        if e.parts:
            return self._call(decl, index, tuple(self.expression(p, env) for p in e.parts), shape)
        fam = self._families.get(decl.name)
        if fam is None or index is None or index > self.depths[decl.name]:
            return self._place(decl, index, shape)
        key = ("member", (), shape, (decl.name, index))
        if key not in self._known:
            start, each = fam.defined
            if not index:
                self._known[key] = self.expression(start.parts[1], ())
            else:
                inner = ((each.variables[0].name, index - 1),)
                self._known[key] = self.expression(each.parts[0].parts[1], inner)
        return self._known[key]

    def _call(self, decl: Decl, index: int | None, args: tuple[int, ...], shape: tuple[int, int]) -> int:
        hole = {} if index is None else {HOLE: nat(index)}
        image = self.size(nat_substitute(decl.rows, hole), ()), self.size(nat_substitute(decl.cols, hole), ())
        phi = self._place(decl, index, image, "map")
        known = self._known.get(("call", (phi, *args), shape, None))
        if known is not None:
            return known
        v = self.values
        return self._node("call", (phi, *args), shape, None, lambda: v[phi].value(*(v[a] for a in args)))

    # ------------------------------------------------------------ relations
    def _require(self, p: Prop, env: tuple[tuple[str, int], ...], given: bool) -> None:
        if p.op == "and":
            for q in p.parts:
                self._require(q, env, given)
        elif p.op == "each":
            for i in range(self.size(to_nat(p.bound), env)):
                self._require(p.parts[0], (*env, (p.variables[0].name, i)), given)
        elif p.op == "implies" and not (guard := self._relation(p.parts[0], env, given)).deps:
            if guard.test():
                self._require(p.parts[1], env, given)
        else:
            relation = self._relation(p, env, given)
            if relation.deps:
                self.relations.append(relation)
            elif not relation.test():
                self.contradiction = True

    def _relation(self, p: Prop, env: tuple[tuple[str, int], ...], given: bool) -> Relation:
        v = self.values
        if p.op in RELATIONS:
            a, b = self.expression(p.parts[0], env), self.expression(p.parts[1], env)
            tests: dict[str, Callable[[], bool]] = {
                "eq": lambda: v[a] == v[b],
                "ne": lambda: v[a] != v[b],
                "le": lambda: v[a][0, 0] <= v[b][0, 0],
                "lt": lambda: v[a][0, 0] < v[b][0, 0],
            }
            return Relation(p.op, a, b, tests[p.op], self.deps[a] | self.deps[b], given, frozenset((a, b)))
        if p.op == "each":
            values = range(self.size(to_nat(p.bound), env))
            parts = [self._relation(p.parts[0], (*env, (p.variables[0].name, i)), given) for i in values]
        else:
            parts = [self._relation(q, env, given) for q in p.parts]
        inner = [q.test for q in parts]

        def every() -> bool:
            return all(test() for test in inner)

        both: dict[str, Callable[[], bool]] = {
            "not": lambda: not inner[0](),
            "implies": lambda: inner[1]() or not inner[0](),
        }
        deps, nodes = 0, frozenset[int]()
        for q in parts:
            deps, nodes = deps | q.deps, nodes | q.nodes
        return Relation("bool", -1, -1, both.get(p.op, every), deps, given, nodes)

    # ------------------------------------------------------------ degrees and plans
    def degree(self, node: int, mask: int) -> int:
        """The degree of a node as a polynomial in the places of the mask; STEEP where it is none."""
        if not self.deps[node] & mask:
            return 0
        key = node, mask
        known = self._degrees.get(key)
        if known is None:
            op = self.ops[node]
            parts = [self.degree(a, mask) for a in self.args[node]]
            if op == "place":
                known = 1
            elif op in ("rank", "call", "map"):
                known = STEEP
            else:
                known = min(STEEP, sum(parts) if op in ("mul", "scale") else max(parts))
            self._degrees[key] = known
        return known

    def is_affine(self, r: Relation, mask: int) -> bool:
        """Whether r is an equation of degree at most 1 in the places of the mask."""
        return r.op == "eq" and self.degree(r.left, mask) <= 1 and self.degree(r.right, mask) <= 1

    def plan(self, groups: Sequence[tuple[int, ...]]) -> Plan:
        """What to compute, solve and test when the places are filled in this order, several at once in a group."""
        key = tuple(groups)
        if key not in self._plans:
            if len(self._plans) > 200:
                self._plans.clear()
            self._plans[key] = Plan(self._levels(groups))
        return self._plans[key]

    def _levels(self, groups: Sequence[tuple[int, ...]]) -> tuple[Level, ...]:
        masks = [sum(1 << p for p in group) for group in groups]
        when = {p: i for i, group in enumerate(groups) for p in group}
        bits = [(1 << p, i) for p, i in when.items()]

        def last(deps: int) -> int:
            return max(i for bit, i in bits if deps & bit)

        nodes: list[list[tuple[int, Run]]] = [[] for _ in groups]
        for node, run in enumerate(self.runs):
            if run is not None and self.deps[node]:
                nodes[last(self.deps[node])].append((node, run))
        tests: list[list[Relation]] = [[] for _ in groups]
        for r in self.relations:
            tests[last(r.deps)].append(r)
        levels = []
        for i, group in enumerate(groups):
            linear = tuple(r for r in tests[i] if r.given and self.is_affine(r, masks[i]))
            needed = self.below([x for r in linear for x in (r.left, r.right)])
            affine = tuple((node, run) for node, run in nodes[i] if node in needed)
            given = tuple(r for r in tests[i] if r.given and r not in linear)
            denied = tuple(r for r in tests[i] if not r.given)
            levels.append(Level(group, masks[i], tuple(nodes[i]), linear, given, denied, affine))
        return tuple(levels)

    def below(self, nodes: Iterable[int]) -> set[int]:
        """These nodes and all that they are computed from."""
        found: set[int] = set()
        targets = list(nodes)
        while targets:
            node = targets.pop()
            if node not in found:
                found.add(node)
                targets.extend(self.args[node])
        return found

    @cached_property
    def is_map(self) -> list[bool]:
        """For each place, whether it is an opaque map."""
        return [self.ops[node] == "map" for node in self.place_nodes]

    def shape(self, place: int) -> tuple[int, int]:
        """Rows and columns of a place; of a map, those of its values."""
        return self.shapes[self.place_nodes[place]]

    def is_identity(self, node: int) -> bool:
        """Whether a node is the identity matrix, whatever the letters are."""
        return not self.deps[node] and self.values[node] == identity(self.shapes[node][0])

    def compute(self, nodes: Sequence[tuple[int, Run]]) -> None:
        """Compute these nodes from what is known."""
        v = self.values
        for node, run in nodes:
            v[node] = run()

    def fill(self, values: Sequence[Any]) -> None:
        """Fill all places, and compute everything."""
        v = self.values
        for node, value in zip(self.place_nodes, values, strict=True):
            v[node] = value
        for node, maker in enumerate(self.runs):
            if maker is not None and self.deps[node]:
                v[node] = maker()

    def complete(self) -> None:
        """Make places for all that the recursions mention, needed or not, and fill the new ones with zeros."""
        for name, fam in self._families.items():
            for i in range(self.depths[name] + 1):
                member = Family(fam.decl)[i]
                self.expression(member, ())
        for place, node in enumerate(self.place_nodes):
            if self.values[node] is None:
                shape = self.shape(place)
                self.values[node] = Map(0, *shape) if self.ops[node] == "map" else zeros(*shape)

    def filled(self) -> list[Any]:
        """What the places have now."""
        return [self.values[node] for node in self.place_nodes]

    def refuted(self) -> bool:
        """Whether all relations hold at the present values."""
        return not self.contradiction and all(r.test() for r in self.relations)
