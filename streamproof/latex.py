"""Statements as LaTeX: one formula to paste, and laid out on several rows for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from formal.claims import Claim
from formal.kernel.ground import Matrix, Surd
from formal.kernel.terms import FAMILY, HOLE, Decl, Nat, nat, nat_substitute
from formal.statement.elaborate import variable
from formal.statement.language import Prop, to_nat
from formal.statement.printing import entry_latex, expression_latex, name_latex, nat_latex, prop_latex

from .errors import Refusal


def statement_latex(claim: Claim) -> str:
    """Let .. be ..; if .., then ... Raises Refusal for an ill-typed claim: it states nothing that could be printed."""
    if claim.defines is not None:
        return f"\\[ {expression_latex(claim.defines)} \\]"
    if claim.show is None:
        raise Refusal(f"{claim.id} is ill-typed: it has no statement to print")
    declared = declarations(claim)
    lines = [f"Let {', '.join(f'${x}$' for x in declared)}."] if declared else []
    props = [*(q for fam in claim.where for q in fam.defined), *claim.given]
    if props:
        joined = " \\\\\n".join(f"  & {prop_latex(q)}" for q in props)
        lines.append(f"Suppose that\n\\[ \\begin{{aligned}}\n{joined}\n\\end{{aligned}} \\]")
    lines.append(f"Then\n\\[ {prop_latex(claim.show)} \\]")
    return "\n".join(lines)


# ---------------------------------------------------------------- variables
def declarations(claim: Claim) -> list[str]:
    """The free variables of a statement with their types, dimensions first."""
    letters, dimensions, indexed = claim.free_variables
    nats = [entry_latex(v, "l") if v in indexed else name_latex(v) for v in dimensions]
    return [*([f"{', '.join(nats)} \\in \\mathbb{{N}}"] if nats else []), *map(declared, letters)]


def declared(decl: Decl) -> str:
    """A letter with its type."""
    hole = {HOLE: nat("l")} if decl.indexed else {}

    def space(rows: Nat, cols: Nat) -> str:
        r, c = (nat_latex(nat_substitute(n, hole)) for n in (rows, cols))
        power = "" if (r, c) == ("1", "1") else f"^{{{r}}}" if c == "1" else f"^{{{r} \\times {c}}}"
        return f"\\mathbb{{R}}{power}"

    name = entry_latex(decl.name, "l") if decl.indexed else name_latex(decl.name)
    value = space(decl.rows, decl.cols)
    if decl.domain:
        domain = r" \times ".join(space(r, c) for r, c in decl.domain)
        return f"{name} : {domain} \\to {value}"
    return f"{name} \\in {value}"


def _bound(variables: Iterable[Any]) -> str:
    """The variables of a quantifier, dimensions together."""
    found = [variable(v) for v in variables]
    nats = [name_latex(v.removesuffix(FAMILY)) for v in found if isinstance(v, str)]
    letters = [declared(v) for v in found if not isinstance(v, str)]
    return r",\; ".join([*([f"{', '.join(nats)} \\in \\mathbb{{N}}"] if nats else []), *letters])


# ---------------------------------------------------------------- several rows
def rows(p: Prop, depth: int = 0) -> list[tuple[int, str]]:
    """A proposition on rows with their depths; the parts of a conjunction are apart by commas."""
    if p.op == "and":
        parts = [rows(q, depth) for q in p.parts]
        return [
            (n, text + ("," if part is not parts[-1] and i == len(part) - 1 else ""))
            for part in parts
            for i, (n, text) in enumerate(part)
        ]
    if p.op in ("forall", "exists", "each"):
        sign = "exists" if p.op == "exists" else "forall"
        over = (
            f"{name_latex(p.variables[0].name)} < {nat_latex(to_nat(p.bound))}"
            if p.op == "each"
            else _bound(p.variables)
        )
        return _under(f"\\{sign} {over}:", rows(p.parts[0], depth + 1), depth)
    if p.op == "not":
        return _under(r"\text{not}:", rows(p.parts[0], depth + 1), depth)
    if p.op == "implies":
        left, right = rows(p.parts[0], depth + 1), rows(p.parts[1], depth + 1)
        if len(left) == 1:
            return _under(f"{left[0][1]} \\;\\Rightarrow", right, depth)
        return [(depth, r"\text{if}"), *left, (depth, r"\text{then}"), *right]
    return [(depth, prop_latex(p))]


SHORT = 90  # characters of LaTeX that go on one row with what they are about


def _under(head: str, body: list[tuple[int, str]], depth: int) -> list[tuple[int, str]]:
    """A quantifier or a condition, and what it governs: on its row if that is short, else set in below it."""
    if len(body) == 1 and len(head) + len(body[0][1]) <= SHORT:
        return [(depth, f"{head}\\; {body[0][1]}")]
    return [(depth, head), *body]


def display(p: Prop, tag: str = "") -> str:
    r"""A proposition as a displayed block of Markdown.

    >>> from formal.statement import And, Eq, dims, matrix
    >>> d = dims("d"); S = matrix("S", d, d)
    >>> print(display(And(Eq(S*S, S), Eq(S.T, S)), "h1"))
    $$
    \begin{aligned}
    & S^{2} = S, \cr
    & S^{\top} = S
    \end{aligned} \tag{h1}
    $$
    """
    return laid_out(rows(p), tag)


def laid_out(found: Sequence[tuple[int, str]], tag: str = "") -> str:
    """Rows with their depths as a displayed block."""
    return block([r"\quad " * depth + text for depth, text in found], tag)


def block(lines: Sequence[str], tag: str = "") -> str:
    """Rows of LaTeX as a displayed block of Markdown."""
    behind = f" \\tag{{{tag}}}" if tag else ""
    if len(lines) == 1:
        return safe(f"$$\n{lines[0]}{behind}\n$$")
    joined = " \\cr\n".join(f"& {line}" for line in lines)
    return safe(f"$$\n\\begin{{aligned}}\n{joined}\n\\end{{aligned}}{behind}\n$$")


def inline(text: str) -> str:
    """A formula within a line of Markdown, in the form that leaves nothing to the rest of Markdown."""
    return f"$`{safe(text)}`$"


def safe(text: str) -> str:
    r"""LaTeX without a backslash before a sign: Markdown takes such a pair for the sign alone.

    >>> safe(r"V\,W \;\wedge\; W \\ V")
    'V W \\ \\wedge\\  W \\cr V'
    """
    return text.replace("\\\\", r"\cr").replace(r"\,", " ").replace(r"\;", "\\ ")


# ---------------------------------------------------------------- values
def number_latex(x: Any) -> str:
    r"""An exact number.

    >>> number_latex(Fraction(-1, 2))
    '-\\tfrac{1}{2}'
    >>> number_latex(Surd(1, 1, Fraction(-1, 2), 3))
    '1 - \\tfrac{1}{2} \\sqrt{3}'
    """
    if not isinstance(x, Surd):
        q = Fraction(x)
        sign = "-" if q < 0 else ""
        return str(q) if q.denominator == 1 else f"{sign}\\tfrac{{{abs(q.numerator)}}}{{{q.denominator}}}"
    a, b, root = number_latex(x.a), number_latex(x.b), f"\\sqrt{{{number_latex(x.square)}}}"
    if b == "0":
        return a
    b = f"\\left({b}\\right)" if " " in b else b
    tail = {"1": root, "-1": f"-{root}"}.get(b, f"{b} {root}")
    if a == "0":
        return tail
    return f"{a} - {tail[1:]}" if tail.startswith("-") else f"{a} + {tail}"


def matrix_latex(m: Matrix) -> str:
    r"""A matrix of numbers; a 1 x 1 matrix is its number.

    >>> matrix_latex(((1, 0), (0, 1)))
    '\\begin{pmatrix} 1 & 0 \\cr 0 & 1 \\end{pmatrix}'
    """
    if not m or not m[0]:
        return r"\text{(empty)}"
    if len(m) == 1 == len(m[0]):
        return number_latex(m[0][0])
    inner = r" \cr ".join(" & ".join(map(number_latex, row)) for row in m)
    return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"
