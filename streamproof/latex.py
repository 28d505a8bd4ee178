"""Statements as LaTeX: one formula to paste, and laid out on several rows for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from formal.claims import Claim
from formal.kernel.terms import FAMILY
from formal.statement.elaborate import variable
from formal.statement.language import Prop, to_nat
from formal.statement.printing import declarations, declared, expression_latex, name_latex, nat_latex, prop_latex

from .errors import Refusal


def statement_latex(claim: Claim) -> str:
    """Let .. be ..; if .., then ... Raises Refusal for an ill-typed claim: it states nothing that could be printed."""
    if claim.defines is not None:
        return f"\\[ {expression_latex(claim.defines)} \\]"
    if claim.show is None:
        raise Refusal(f"{claim.id} is ill-typed: it has no statement to print")
    found = declarations(claim.free_variables)
    lines = [f"Let {', '.join(f'${x}$' for x in found)}."] if found else []
    props = [*(q for fam in claim.where for q in fam.defined), *claim.given]
    if props:
        joined = " \\\\\n".join(f"  & {prop_latex(q)}" for q in props)
        lines.append(f"Suppose that\n\\[ \\begin{{aligned}}\n{joined}\n\\end{{aligned}} \\]")
    lines.append(f"Then\n\\[ {prop_latex(claim.show)} \\]")
    return "\n".join(lines)


# ---------------------------------------------------------------- variables
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
