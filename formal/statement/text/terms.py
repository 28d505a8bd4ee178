"""Terms of a text as expressions of the language: first all shapes are found, then the expressions are made.

The language checks every shape; what it says is passed on with the place of the sign.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from ...kernel.terms import ONE, ZERO, Nat, nat, nat_names, nat_substitute, term_names
from ..blocks import blocks
from ..elaborate import elaborate
from ..errors import StatementError, TextError
from ..language import Expression, Identity, Opaque, Trace, ZeroMatrix, inner, lift, norm2, rank
from .making import Maker
from .scope import (
    ELSEWHERE,
    FUNCTIONS,
    KINDS,
    Difference,
    Meaning,
    Scope,
    difference,
    index_of,
    natural,
    power_of,
    replaced,
)
from .sizes import Rule, Shape, Size, Split, known, product_rule, scalar, settle, split_rule, unknown
from .syntax import DIGITS, Node, Source
from .unnamed import Unnamed

EXPONENT, BLOCKS = 100, 10


class Draft(NamedTuple):
    """A term whose shape may not be known yet; `make` gives the expression once it is."""

    shape: Shape
    make: Callable[[], Expression]


class Terms:
    """Reads the terms of one text."""

    def __init__(self, source: Source, unnamed: Unnamed) -> None:
        self.source, self.unnamed = source, unnamed
        self._rules: list[Rule] = []
        self._splits: list[Split] = []
        self.maker = Maker(source)

    def read(self, nodes: tuple[Node, ...], scope: Scope, ordered: bool) -> list[Expression]:
        """The expressions of terms that are compared with each other; only scalars can be ordered. Raises TextError."""
        self._rules, self._splits = [], []
        drafts = [self._draft(node, scope) for node in nodes]
        for draft in drafts[1:]:
            draft.shape.equate(drafts[0].shape)
        if ordered:
            scalar().equate(drafts[0].shape)
        settle(self._rules)
        return [self.maker.count(draft.make(), node.at) for node, draft in zip(nodes, drafts, strict=True)]

    # ------------------------------------------------------------ by kind
    def _draft(self, node: Node, scope: Scope) -> Draft:
        if node.kind == "number":
            return self._number(node)
        if node.kind == "negative":
            return self._negative(node, scope)
        if node.kind in ("name", "entry"):
            return self._letter(node, scope)
        if node.kind == "call":
            return self._call(node, scope)
        kinds: dict[str, Callable[[Node, Scope], Draft]] = {
            "sum": self._sum,
            "product": self._product,
            "power": self._power,
            "square": self._power,
            "transpose": self._transpose,
            "inner": self._inner,
            "norm": self._norm,
            "blocks": self._blocks,
        }
        if node.kind not in kinds:
            self.source.fail(node.at, "a term is expected here")
        return kinds[node.kind](node, scope)

    def _number(self, node: Node) -> Draft:
        if len(node.text) > DIGITS:
            self.source.fail(node.at, f"this number has {len(node.text)} digits, {DIGITS} are the limit")
        value = Fraction(node.text)
        if value:
            return Draft(scalar(), lambda: lift(value))
        shape = unknown()  # a plain 0 is the zero matrix of any shape

        def make() -> Expression:
            rows, cols = shape.rows.value, shape.cols.value
            if (rows is None and cols is None) or rows == ONE == cols:
                return lift(0)
            if rows is None or cols is None:
                self.source.fail(node.at, "the shape of this 0 does not follow from the rest: write zeros(m, n)")
            return ZeroMatrix(rows, cols)

        return Draft(shape, make)

    def _letter(self, node: Node, scope: Scope) -> Draft:
        if node.text == "I" and node.kind == "name":
            shape = unknown()
            shape.rows.equate(shape.cols)
            return Draft(shape, lambda: Identity(self._known(shape.rows, node.at)))
        if node.text in FUNCTIONS and node.text not in scope.known:
            self.source.fail(node.at, f"{node.text} is written {FUNCTIONS[node.text]}")
        meaning = scope.look(node.text, node.at)
        if meaning.kind in ("dimension", "dimensions"):
            value = natural(node, scope)
            return Draft(scalar(), lambda: lift(value))
        if meaning.kind in ("map", "maps"):
            index = "[l]" if meaning.kind == "maps" else ""
            self.source.fail(node.at, f"{node.text} is {KINDS[meaning.kind]}: write {node.text}{index}(x)")
        e = self._member(node, meaning, scope)
        return Draft(known(e.n_rows, e.n_cols), lambda: e)

    def _member(self, node: Node, meaning: Meaning, scope: Scope) -> Expression:
        """A matrix, or that of a family at an index."""
        if meaning.kind == "letter" and node.kind == "entry":
            index_of(node, scope)
            self.source.fail(
                node.at, f"{node.text} is one matrix: for a matrix a layer, declare {node.text}[l] with its size"
            )
        if meaning.kind == "family" and node.kind == "name":
            self.source.fail(node.at, f"{node.text} is a family of matrices: write {node.text}[l]")
        found: Expression = meaning.value
        return found if meaning.kind == "letter" else meaning.value[index_of(node, scope)]

    def _negative(self, node: Node, scope: Scope) -> Draft:
        part = self._draft(node.parts[0], scope)
        return Draft(part.shape, lambda: self.maker.times(lift(-1), part.make(), node.at))

    def _sum(self, node: Node, scope: Scope) -> Draft:
        parts = [self._draft(p, scope) for p in node.parts]
        for part in parts[1:]:
            part.shape.equate(parts[0].shape)
        hint = "; write I for the identity" if any(p.kind == "number" and p.text != "0" for p in node.parts) else ""

        def make() -> Expression:
            total = parts[0].make()
            for sign, at, part in zip(node.signs, node.marks, parts[1:], strict=True):
                total = self.maker.plus(total, part.make(), sign == "MINUS", at, hint)
            return self.maker.weighed(total, node.at)

        return Draft(parts[0].shape, make)

    def _product(self, node: Node, scope: Scope) -> Draft:
        parts = [self._draft(p, scope) for p in node.parts]
        for part, p in zip(parts, node.parts, strict=True):
            if p.kind == "number":  # a plain 0, too
                scalar().equate(part.shape)
        shape = parts[0].shape
        for sign, part in zip(node.signs, parts[1:], strict=True):
            if sign == "STAR":
                whole = unknown()
                self._rules.append(product_rule(shape, part.shape, whole))
                shape = whole

        def make() -> Expression:
            total = parts[0].make()
            for sign, at, part in zip(node.signs, node.marks, parts[1:], strict=True):
                other = part.make()
                total = self.maker.times(total, other, at) if sign == "STAR" else self.maker.over(total, other, at)
            return total

        return Draft(shape, make)

    def _power(self, node: Node, scope: Scope) -> Draft:
        base = node.parts[0]
        exponent = node.parts[1] if node.kind == "power" else None
        if exponent is not None and exponent.kind == "name" and exponent.text == "T":
            return self._transpose(node, scope)
        if base.kind == "norm":
            return self._squared_norm(node, scope)
        part = self._draft(base, scope)
        if base.kind == "number":  # a plain 0, too
            scalar().equate(part.shape)
        part.shape.rows.equate(part.shape.cols)
        times = self._exponent(node, exponent, scope)
        return Draft(part.shape, lambda: self.maker.raised(part.make(), times, node.at))

    def _exponent(self, node: Node, exponent: Node | None, scope: Scope) -> int:
        if exponent is None or exponent.kind == "number":
            return power_of(node, self.source, EXPONENT)
        if exponent.kind in ("minus_one", "negative"):
            self.source.fail(node.at, f"in a power: {ELSEWHERE['inv']}")
        value = difference(exponent, scope, "exponent").nat
        if value is not None and not nat_names(value) and sum(c for _, c in value) <= EXPONENT:
            return sum(c for _, c in value)
        self.source.fail(
            exponent.at,
            f"a power needs a natural number, at most {EXPONENT}; for A to the l write prod(k = 1..l, A)",
        )

    def _transpose(self, node: Node, scope: Scope) -> Draft:
        part = self._draft(node.parts[0], scope)
        return Draft(part.shape.flipped, lambda: self.maker.weighed(part.make().T, node.at))

    def _inner(self, node: Node, scope: Scope) -> Draft:
        x, y = (self._draft(p, scope) for p in node.parts)
        x.shape.equate(y.shape)
        return Draft(scalar(), lambda: self.maker.made(lambda: inner(x.make(), y.make()), node.at))

    def _norm(self, node: Node, scope: Scope) -> Draft:
        self.source.fail(
            node.at,
            "only the square of a norm is in the language: write |x|^2, or a letter s with the hypotheses "
            "s^2 = |x|^2, s >= 0",
        )

    def _squared_norm(self, node: Node, scope: Scope) -> Draft:
        times = self._exponent(node, node.parts[1] if node.kind == "power" else None, scope)
        if times % 2:
            self._norm(node.parts[0], scope)
        part = self._draft(node.parts[0].parts[0], scope)
        return Draft(
            scalar(),
            lambda: self.maker.raised(
                self.maker.made(lambda: norm2(part.make()), node.parts[0].at), times // 2, node.at
            ),
        )

    # ------------------------------------------------------------ blocks
    def _blocks(self, node: Node, scope: Scope) -> Draft:
        if max(len(node.parts), *(len(row.parts) for row in node.parts)) > BLOCKS:
            self.source.fail(node.at, f"more than {BLOCKS} rows or columns of blocks")
        rows = [[self._draft(p, scope) for p in row.parts] for row in node.parts]
        for row, its in zip(rows, node.parts, strict=True):
            if len(row) != len(rows[0]):
                self.source.fail(
                    its.at, f"the rows differ in their number of blocks: {len(rows[0])} in the first, {len(row)} here"
                )
        heights, widths = [Size() for _ in rows], [Size() for _ in rows[0]]
        for height, row in zip(heights, rows, strict=True):
            for width, part in zip(widths, row, strict=True):
                part.shape.equate(Shape(height, width))
        whole = unknown()
        for split in (Split(heights, whole.rows), Split(widths, whole.cols)):
            self._rules.append(split_rule(split, self._splits))
            self._splits.append(split)
        return Draft(whole, lambda: self._placed(node, rows, heights, widths, scope))

    def _placed(
        self, node: Node, rows: list[list[Draft]], heights: list[Size], widths: list[Size], scope: Scope
    ) -> Expression:
        made = [[part.make() for part in row] for row in rows]
        sums = []
        for sizes, name in ((heights, "rows"), (widths, "columns")):
            nats = tuple(s.value for s in sizes)
            if None in nats:
                self.source.fail(node.at, f"how many {name} these blocks have does not follow: write I(n), zeros(m, n)")
            self._free(frozenset().union(*(nat_names(n) for n in nats if n)), scope, node.at, "the size of a block")
            sums.append(self.unnamed.injections(tuple(n for n in nats if n is not None)) if len(nats) > 1 else None)
        try:
            return self.maker.weighed(blocks(made, *sums), node.at)
        except TextError:
            raise
        except StatementError as e:
            wrong = e.parts[0] if e.parts else None
            places = [
                p.at
                for row, its in zip(made, node.parts, strict=True)
                for b, p in zip(row, its.parts, strict=True)
                if b is wrong
            ]
            self.source.fail(places[0] if places else node.at, str(e), e.op, e.parts)

    # ------------------------------------------------------------ functions
    def _call(self, node: Node, scope: Scope) -> Draft:
        callee, *arguments = node.parts
        if callee.kind == "name" and callee.text in FUNCTIONS:
            return self._function(node, callee.text, arguments, scope)
        if callee.text in ELSEWHERE and callee.text not in scope.known:
            self.source.fail(callee.at, f"{callee.text} is not in the language: {ELSEWHERE[callee.text]}")
        meaning = scope.look(callee.text, callee.at)
        if meaning.kind not in ("map", "maps"):
            self.source.fail(callee.at, f"{callee.text} is {KINDS[meaning.kind]} and no map: write {callee.text}*(...)")
        self._count(node, callee.text, arguments, 1)
        map_: Opaque = meaning.value
        hole = {}
        if meaning.kind == "maps" and callee.kind == "entry":
            index = index_of(callee, scope)
            map_, hole = map_[index], {"#": index}
        elif callee.kind == "entry" or meaning.kind == "maps":
            form = f"{callee.text}[l](x)" if meaning.kind == "maps" else f"{callee.text}(x)"
            self.source.fail(callee.at, f"{callee.text} is {KINDS[meaning.kind]}: write {form}")
        decl = map_.decl
        ((rows, cols),) = decl.domain
        part = self._draft(arguments[0], scope)
        part.shape.equate(known(nat_substitute(rows, hole), nat_substitute(cols, hole)))
        whole = known(nat_substitute(decl.rows, hole), nat_substitute(decl.cols, hole))
        return Draft(whole, lambda: self.maker.made(lambda: map_(part.make()), callee.at))

    def _function(self, node: Node, name: str, arguments: list[Node], scope: Scope) -> Draft:
        if name in ("sum", "prod"):
            return self._family(node, name, arguments, scope)
        if name in ("min", "max"):
            self.source.fail(node.at, f"{name} stands in inequalities and equations between scalars only")
        self._count(node, FUNCTIONS[name], arguments, 2 if name in ("inner", "zeros") else 1)
        if name in ("I", "zeros"):
            sizes = [natural(a, scope) for a in arguments]
            rows, cols = sizes[0], sizes[-1]
            shape = known(rows, cols)
            return Draft(shape, lambda: Identity(rows) if name == "I" else ZeroMatrix(rows, cols))
        if name == "inner":
            return self._inner(node._replace(parts=tuple(arguments)), scope)
        part = self._draft(arguments[0], scope)
        if name == "norm2":
            return Draft(scalar(), lambda: self.maker.made(lambda: norm2(part.make()), node.at))
        if name == "rank":
            return Draft(scalar(), lambda: self.maker.weighed(rank(part.make()), node.at))
        part.shape.rows.equate(part.shape.cols)
        return Draft(scalar(), lambda: self.maker.made(lambda: Trace(part.make()), node.at))

    def _count(self, node: Node, form: str, arguments: list[Node], wanted: int) -> None:
        ranges = [a for a in arguments if a.kind == "range"]
        if ranges:
            self.source.fail(ranges[0].at, "a range of an index stands in sum(..) and prod(..) only")
        if len(arguments) != wanted:
            self.source.fail(node.at, f"{form} has {wanted} argument{'s' * (wanted > 1)}, not {len(arguments)}")

    # ------------------------------------------------------------ sum and prod
    def _family(self, node: Node, name: str, arguments: list[Node], scope: Scope) -> Draft:
        ranges = [a for a in arguments if a.kind == "range"]
        others = [a for a in arguments if a.kind != "range"]
        if len(ranges) != 1 or len(others) != 1:
            self.source.fail(node.at, f"write {name}(l = 1..L, T[l])")
        inside, index, count = self.ranging(ranges[0], scope)
        part = self._draft(others[0], inside)
        depth = self._depth(count, scope, ranges[0])
        whole = self._family_shape(name, part.shape, index, count)

        def make() -> Expression:
            body = part.make()
            if name == "sum" and index in nat_names(body.n_rows) | nat_names(body.n_cols):
                self.source.fail(
                    others[0].at, f"the terms of a sum have one shape; {body} is {body.n_rows} x {body.n_cols}"
                )
            try:
                names = term_names(elaborate(body))
            except StatementError as e:
                self.source.fail(others[0].at, str(e))
            self._free(names - {index}, scope, others[0].at, f"a term of {name}(..)")
            return self.maker.weighed(
                self.maker.made(lambda: self.unnamed.family(name, body, index, count, depth), others[0].at), node.at
            )

        return Draft(whole, make)

    def ranging(self, node: Node, scope: Scope) -> tuple[Scope, str, Nat]:
        """What l = a..b says: a scope where l is a shift of an index from 0 on, the index, and how many there are."""
        low, high = (difference(p, scope, "limit") for p in node.parts)
        start = natural(node.parts[0], scope, "limit")
        count = (high + Difference(ONE) + -low).nat
        if count is None:
            self.source.fail(
                node.marks[-1], f"how many {node.text} there are may be negative: write 1..L, from the smaller on"
            )
        return self.running(node.text, node.at, count, scope, start), node.text, count

    def running(self, name: str, at: int, count: Nat, scope: Scope, start: Nat = ZERO) -> Scope:
        """A scope with an index that runs from `start` on, through `count` values."""
        if name in nat_names(count):
            self.source.fail(at, f"the limit of {name} mentions {name}: choose another name for the index")
        inside = scope.inner()
        value = (Difference(nat(name)) + Difference(start)).plus
        inside.declare(name, Meaning("dimension", value, at, True, name, count))
        return inside

    def _depth(self, count: Nat, scope: Scope, node: Node) -> Nat:
        """The largest that a count can be, where it depends on indices: how deep a family has to be defined."""
        for meaning in scope.bound():
            if meaning.kind != "dimension" or not meaning.names & nat_names(count):
                continue
            if meaning.below is None:
                self.source.fail(node.at, f"the range may not depend on {meaning.value}, which a quantifier binds")
            count = _at_most(count, meaning.index, meaning.below)
        return count

    def _family_shape(self, name: str, part: Shape, index: str, count: Nat) -> Shape:
        whole = unknown()
        if name == "sum":
            part.equate(whole)
            return part

        def rule(guess: bool) -> bool:
            rows, cols = part.rows.value, part.cols.value
            if rows is not None and cols is not None and index in nat_names(cols) | nat_names(rows):
                ends = (nat_substitute(cols, {index: i}) for i in (count, ZERO))
                whole.equate(known(*ends))
            elif guess or (rows is not None and cols is not None):
                part.rows.equate(part.cols)
                part.equate(whole)
            else:
                return False
            return True

        self._rules.append(rule)
        return whole

    def _free(self, names: frozenset[str], scope: Scope, at: int, what: str) -> None:
        """Refuse what is bound in what becomes a letter outside."""
        for name, meaning in scope.known.items():
            if meaning.bound and meaning.names & names:
                self.source.fail(at, f"{what} may not depend on {name}, which is bound at column {meaning.at + 1}")

    def _known(self, size: Size, at: int) -> Nat:
        if size.value is None:
            self.source.fail(at, "the size of this I does not follow from the rest: write I(n)")
        return size.value


def _at_most(n: Nat, index: str, below: Nat) -> Nat:
    """n at the largest index below this number, or a number that is larger."""
    last = replaced(n, index, Difference(below, ONE))
    return (last and last.nat) or nat_substitute(n, {index: below})
