"""The statement of a claim as LaTeX, ready to paste."""

from __future__ import annotations

from formal.claims import Claim
from formal.kernel.terms import HOLE, Decl, Nat, nat, nat_substitute
from formal.statement.printing import expression_latex, name_latex, nat_latex, prop_latex

from .errors import Refusal


def statement_latex(claim: Claim) -> str:
    """Let .. be ..; if .., then ... Raises Refusal for an ill-typed claim: it states nothing that could be printed."""
    if claim.defines is not None:
        return f"\\[ {expression_latex(claim.defines)} \\]"
    if claim.show is None:
        raise Refusal(f"{claim.id} is ill-typed: it has no statement to print")
    letters, dimensions, indexed = claim.free_variables
    nats = [name_latex(v) + ("_{l}" if v in indexed else "") for v in dimensions]
    declared = (
        [f"{', '.join(nats)} \\in \\mathbb{{N}}", *map(_declared, letters)] if nats else [*map(_declared, letters)]
    )
    lines = [f"Let {', '.join(f'${x}$' for x in declared)}."] if declared else []
    props = [*(q for fam in claim.where for q in fam.defined), *claim.given]
    if props:
        joined = " \\\\\n".join(f"  & {prop_latex(q)}" for q in props)
        lines.append(f"Suppose that\n\\[ \\begin{{aligned}}\n{joined}\n\\end{{aligned}} \\]")
    lines.append(f"Then\n\\[ {prop_latex(claim.show)} \\]")
    return "\n".join(lines)


def _declared(decl: Decl) -> str:
    hole = {HOLE: nat("l")} if decl.indexed else {}

    def space(rows: Nat, cols: Nat) -> str:
        r, c = (nat_latex(nat_substitute(n, hole)) for n in (rows, cols))
        power = "" if (r, c) == ("1", "1") else f"^{{{r}}}" if c == "1" else f"^{{{r} \\times {c}}}"
        return f"\\mathbb{{R}}{power}"

    name = name_latex(decl.name) + ("_{l}" if decl.indexed else "")
    value = space(decl.rows, decl.cols)
    if decl.domain:
        domain = r" \times ".join(space(r, c) for r, c in decl.domain)
        return f"{name} : {domain} \\to {value}"
    return f"{name} \\in {value}"
