"""Statements as text and as LaTeX."""

from __future__ import annotations

from fractions import Fraction

from ..kernel.terms import Nat
from .language import Expression, Opaque, Prop

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "eta",
        "theta",
        "lambda",
        "mu",
        "nu",
        "rho",
        "sigma",
        "tau",
        "phi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Lambda",
        "Sigma",
        "Phi",
    ]
)
SHORT = {"eps": "varepsilon", "lam": "lambda"}


# ---------------------------------------------------------------- text
def nat_text(n: Nat) -> str:
    """A dimension, constants last: l + 1."""
    return " + ".join(str(Nat((part,))) for part in sorted(n, key=lambda part: not part[0])) or "0"


class Text:
    """How expressions read when they are typed: W*(I - V*W)."""

    def expression(self, e: Expression) -> str:
        """The text of an expression."""
        if e.op == "letter":
            return self.letter(e)
        if e.op in ("identity", "zero"):
            return self.constant(e)
        if e.op in ("number", "nat"):
            return str(e.data[0]) if e.op == "number" else nat_text(e.data[0])
        if e.op == "T":
            inner = self.expression(e.parts[0])
            return f"{inner}.T" if e.parts[0].op in ("letter", "identity", "zero") else f"({inner}).T"
        if e.op == "mul":
            return self.product(e.parts)
        if e.op == "add":
            text = " + ".join(map(self.expression, e.parts))
            return text.replace("+ -", "- ")
        if e.op == "trace" and e.parts[0].op == "mul" and len(e.parts[0].parts) == 2:
            left, right = e.parts[0].parts
            if left == right.T:
                return f"norm2({self.expression(right)})"
        return f"{e.op}({self.expression(e.parts[0])})"

    def letter(self, e: Expression) -> str:
        """A letter with its index and its arguments."""
        decl, at = e.data
        name: str = decl.name + (f"[{nat_text(at)}]" if at is not None else "")
        return name + (f"({', '.join(map(self.expression, e.parts))})" if e.parts else "")

    def constant(self, e: Expression) -> str:
        """The identity, or the zero matrix."""
        return "I" if e.op == "identity" else "0"

    def product(self, parts: tuple[Expression, ...]) -> str:
        """A product with the brackets it needs."""
        sign = ""
        if len(parts) > 1 and parts[0].op == "number" and parts[0].data[0] == -1:
            sign, parts = "-", parts[1:]
        return sign + "*".join(
            f"({self.expression(p)})" if _needs_brackets(p, i) else self.expression(p) for i, p in enumerate(parts)
        )


def expression_text(e: Expression) -> str:
    """As one would type it: W*(I - V*W)."""
    return Text().expression(e)


def product_text(parts: tuple[Expression, ...]) -> str:
    """A product with the brackets it needs."""
    return Text().product(parts)


def _needs_brackets(e: Expression, place: int) -> bool:
    negative = e.op == "number" and e.data[0] < 0
    fraction = e.op == "number" and Fraction(e.data[0]).denominator != 1
    sum_of_dims = e.op == "nat" and len(e.data[0]) > 1
    return e.op == "add" or sum_of_dims or (place > 0 and (negative or e.op == "mul")) or fraction


def operation_text(op: str, parts: tuple[Expression, ...]) -> str:
    """An operation between expressions, also one that has no type: V*W, V + W, V = W."""
    if op == "mul":
        return product_text(parts)
    sign = {"add": "+", **_SIGNS}.get(op)
    inner = list(map(expression_text, parts))
    return f" {sign} ".join(inner) if sign else f"{op}({', '.join(inner)})"


_SIGNS = {"eq": "=", "ne": "!=", "le": "<=", "lt": "<"}


def prop_text(p: Prop) -> str:
    """As one would say it."""
    if p.op in _SIGNS:
        return f"{expression_text(p.parts[0])} {_SIGNS[p.op]} {expression_text(p.parts[1])}"
    if p.op == "not":
        return f"not ({prop_text(p.parts[0])})"
    if p.op == "implies":
        return f"({prop_text(p.parts[0])}) => ({prop_text(p.parts[1])})"
    if p.op == "and":
        return " and ".join(f"({prop_text(q)})" if q.op not in _SIGNS else prop_text(q) for q in p.parts)
    if p.op == "each":
        return f"for all {p.variables[0]} < {p.bound}: {prop_text(p.parts[0])}"
    names = ", ".join(map(variable_text, p.variables))
    return f"{'for all' if p.op == 'forall' else 'there are'} {names}: {prop_text(p.parts[0])}"


def variable_text(v: object) -> str:
    """A bound variable with its type.

    >>> from formal.statement import dims, opaque
    >>> m, n = dims("m n")
    >>> variable_text(opaque("f", n, (m, n)))
    'f (map from n x 1 to m x n)'
    """
    if isinstance(v, Expression):
        return f"{v} ({nat_text(v.n_rows)} x {nat_text(v.n_cols)})"
    if isinstance(v, Opaque):
        ((r, c),) = v.decl.domain
        start, end = (f"{nat_text(m)} x {nat_text(k)}" for m, k in ((r, c), (v.decl.rows, v.decl.cols)))
        return f"{v.decl.name} (map from {start} to {end})"
    return str(v)


# ---------------------------------------------------------------- LaTeX
def name_latex(name: str) -> str:
    """W_OV -> W_{OV}; Greek names become Greek letters."""
    head, _, tail = name.partition("_")
    if not tail and head[:-1] and head[-1].isdigit() and not head[:-1][-1].isdigit():
        head, tail = head[:-1], head[-1]
    head = SHORT.get(head, head)
    head = f"\\{head}" if head in {*GREEK, *SHORT.values()} else head if len(head) == 1 else f"\\mathrm{{{head}}}"
    if tail and head.startswith("\\mathrm"):
        return f"{head[:-1]}_{{{tail}}}}}"  # within the brackets: Markdown takes }_{ for emphasis
    return head + (f"_{{{tail}}}" if tail else "")


def entry_latex(name: str, index: str) -> str:
    r"""The entry of a family: an index below, or above where there is one below or the name is a word.

    >>> entry_latex("T", "l + 1"), entry_latex("W_Q", "l"), entry_latex("Npow", "0")
    ('T_{l + 1}', 'W_{Q}^{(l)}', '\\mathrm{Npow}^{(0)}')
    """
    latex = name_latex(name)
    return f"{latex}^{{({index})}}" if "_" in latex or latex.startswith("\\mathrm") else f"{latex}_{{{index}}}"


def nat_latex(n: Nat) -> str:
    """A dimension."""
    parts = []
    for mono, c in sorted(n, key=lambda part: not part[0]):
        factors = [entry_latex(v, nat_latex(i[0])) if i else name_latex(v) for v, i in mono]
        parts.append(" ".join(([str(c)] if c != 1 or not mono else []) + factors))
    return " + ".join(parts) or "0"


def expression_latex(e: Expression) -> str:
    """As one would print it; indices of families are subscripts."""
    if e.op == "letter":
        decl, at = e.data
        name = name_latex(decl.name) if at is None else entry_latex(decl.name, nat_latex(at))
        return name + (f"\\left({', '.join(map(expression_latex, e.parts))}\\right)" if e.parts else "")
    if e.op in ("identity", "zero"):
        return f"I_{{{nat_latex(e.n_rows)}}}" if e.op == "identity" else "0"
    if e.op == "number":
        q = e.data[0]
        return (
            str(q) if q.denominator == 1 else f"{'-' if q < 0 else ''}\\tfrac{{{abs(q.numerator)}}}{{{q.denominator}}}"
        )
    if e.op == "nat":
        return nat_latex(e.data[0])
    if e.op == "T":
        inner = expression_latex(e.parts[0])
        return (
            f"{inner}^{{\\top}}"
            if e.parts[0].op == "letter" and not e.parts[0].parts and "^" not in inner
            else f"\\left({inner}\\right)^{{\\top}}"
        )
    if e.op == "mul":
        sign, parts = "", e.parts
        if parts[0].op == "number" and parts[0].data[0] == -1 and len(parts) > 1:
            sign, parts = "-", parts[1:]
        powers: list[tuple[Expression, int]] = []
        for base, times in map(_as_power, parts):
            again = powers and powers[-1][0] == base
            powers[-1:] = [(base, powers[-1][1] + times)] if again else [*powers[-1:], (base, times)]
        return sign + r"\,".join(_power_latex(base, times, i) for i, (base, times) in enumerate(powers))
    if e.op == "add":
        return " + ".join(map(expression_latex, e.parts)).replace("+ -", "- ")
    if e.op == "trace" and e.parts[0].op == "mul" and len(e.parts[0].parts) == 2:
        left, right = e.parts[0].parts
        if left == right.T:
            return f"\\left\\lVert {expression_latex(right)}\\right\\rVert_{{F}}^{{2}}"
    return f"\\operatorname{{{'tr' if e.op == 'trace' else e.op}}}\\left({expression_latex(e.parts[0])}\\right)"


def _as_power(e: Expression) -> tuple[Expression, int]:
    """A*A as A to the 2, anything else as itself to the 1."""
    same = e.op == "mul" and all(part == e.parts[0] for part in e.parts[1:])
    return (e.parts[0], len(e.parts)) if same else (e, 1)


def _power_latex(base: Expression, times: int, place: int) -> str:
    text = expression_latex(base)
    if times == 1:
        return f"\\left({text}\\right)" if _needs_brackets(base, place) and base.op != "number" else text
    plain = base.op == "letter" and "^" not in text
    return f"{text}^{{{times}}}" if plain else f"\\left({text}\\right)^{{{times}}}"


_LATEX_SIGNS = {"eq": "=", "ne": "\\neq", "le": "\\le", "lt": "<"}


def prop_latex(p: Prop) -> str:
    """As one would print it."""
    if p.op in _SIGNS:
        return f"{expression_latex(p.parts[0])} {_LATEX_SIGNS[p.op]} {expression_latex(p.parts[1])}"
    inner = [prop_latex(q) for q in p.parts]
    if p.op == "not":
        return f"\\neg\\left({inner[0]}\\right)"
    if p.op == "implies":
        return f"\\left({inner[0]}\\right) \\Rightarrow \\left({inner[1]}\\right)"
    if p.op == "and":
        return r" \;\wedge\; ".join(inner)
    if p.op == "each":
        from .language import to_nat

        return f"\\forall {p.variables[0]} < {nat_latex(to_nat(p.bound))}:\\; {inner[0]}"
    names = ", ".join(map(_bound_latex, p.variables))
    return f"\\{'forall' if p.op == 'forall' else 'exists'} {names}:\\; {inner[0]}"


def _bound_latex(v: object) -> str:
    """The name of a bound letter, family, map or dimension."""
    if isinstance(v, Expression):
        return expression_latex(v)
    decl = getattr(v, "decl", None)
    return name_latex(str(v) if decl is None else decl.name)
