"""How statements and verdicts show in a notebook: HTML whose text is escaped, with formulas that MathJax sets."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from html import escape
from typing import TypeAlias

from ..kernel.terms import Decl
from .evaluate import Instance
from .language import Prop
from .printing import declarations, prop_latex
from .values import instance_latex

Free: TypeAlias = tuple[Iterable[Decl], Iterable[str], Container[str]]  # letters, dimensions, which are families
COLOURS = {"proved": "#1a7f37", "refuted": "#cf222e"}
OTHER = "#9a6700"


def formula(latex: str) -> str:
    """A formula that stands in a line."""
    return f"$\\displaystyle {escape(latex)}$"


def plain(text: str) -> str:
    """Text as it is: nothing in it is markup, and nothing a formula.

    >>> plain("<b> & $x$")
    '<span class="tex2jax_ignore mathjax_ignore">&lt;b&gt; &amp; $x$</span>'
    """
    return f'<span class="tex2jax_ignore mathjax_ignore">{escape(text)}</span>'


def statement_html(title: str, free: Free, given: Sequence[Prop], show: Prop) -> str:
    """Title, declarations, hypotheses, conclusion."""
    lines = [f"<b>{plain(title)}</b>"] if title else []
    declared = declarations(free)
    lines += [f"Let {', '.join(map(formula, declared))}."] if declared else []
    if given:
        lines.append("Suppose that")
        lines += [f"&emsp;{formula(prop_latex(p))}" for p in given]
        lines.append("Then")
    return paragraphs([*lines, f"&emsp;{formula(prop_latex(show))}"])


def instance_html(at: Instance) -> str:
    """The values of a counterexample."""
    return paragraphs(["Counterexample", f"&emsp;{formula(instance_latex(at))}"])


def verdict_html(verdict: str, *blocks: str) -> str:
    """The verdict above what it is about."""
    head = f'<b style="color:{COLOURS.get(verdict, OTHER)}">{escape(verdict.upper())}</b>'
    return "<div>" + "".join([head, *blocks]) + "</div>"


def paragraphs(lines: Iterable[str]) -> str:
    """Lines one below the other."""
    return "".join(f"<div>{line}</div>" for line in lines)
