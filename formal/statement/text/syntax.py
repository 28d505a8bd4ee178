"""From text to nodes: the cut at the semicolons, the parser of `grammar.lark`, and its words for what it refuses.

Nothing here knows what a name means. A text that is too long, or nested too deeply for the functions that walk over the
nodes, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from lark import Lark, Token, Transformer, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ..errors import TextError

LENGTH = 10_000  # characters
SEGMENTS = 200
DEPTH = 30  # of brackets and operations within each other
DIGITS = 50  # of a number

EXAMPLE = "d, m; W: m x d; V: d x m; W*V = I => rank(V) = m"


class Node(NamedTuple):
    """A part of a text. kind: its rule in the grammar. at: where it is, of an operation the first sign.

    words: the names, numbers and signs that the rule itself has, with their terminals `signs` and places `marks`.
    """

    kind: str
    at: int
    parts: tuple[Node, ...] = ()
    words: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    marks: tuple[int, ...] = ()
    depth: int = 1

    @property
    def text(self) -> str:
        """The name or number that it is."""
        return self.words[0]


class Source:
    """A text, for messages about its places."""

    def __init__(self, text: str) -> None:
        self.text = text

    def fail(self, at: int, problem: str, op: str = "", parts: tuple[Any, ...] = ()) -> NoReturn:
        """Raise the TextError that says this of the place (counted from 0)."""
        raise TextError(problem, self.text, min(at, len(self.text)) + 1, op, parts)


def read(source: Source) -> tuple[list[Node], Node]:
    """The declarations of a text and its statement. Raises TextError."""
    segments = list(_segments(source))
    start, end = segments[-1]
    if not source.text[start:end].strip():
        source.fail(end, f"the statement is missing behind the last semicolon; write for instance {EXAMPLE}")
    declarations = [_parse(source, s, e, "declaration") for s, e in segments[:-1]]
    return declarations, _parse(source, start, end, "statement")


# ---------------------------------------------------------------- segments
OPEN = {"(": ")", "[": "]", "{": "}"}


def _segments(source: Source) -> Iterator[tuple[int, int]]:
    """The places of the segments: what lies between semicolons that are in no bracket."""
    text = source.text
    if len(text) > LENGTH:
        source.fail(LENGTH, f"the text has {len(text)} characters, {LENGTH} are the limit")
    if not text.strip():
        source.fail(0, f"the text is empty; write for instance {EXAMPLE}")
    start, count = 0, 0
    inside: list[int] = []
    for i, c in enumerate(text):
        if c in OPEN:
            inside.append(i)
        elif c in OPEN.values():
            if not inside:
                source.fail(i, f"this {c} closes nothing")
            if OPEN[text[inside[-1]]] != c:
                source.fail(i, f"this {c} stands where the {text[inside[-1]]} of column {inside[-1] + 1} is still open")
            inside.pop()
        elif c == ";" and not inside:
            count += 1
            if count >= SEGMENTS:
                source.fail(i, f"the text has more than {SEGMENTS} segments")
            yield start, i
            start = i + 1
    if inside:
        source.fail(inside[-1], f"this {text[inside[-1]]} is never closed")
    yield start, len(text)


# ---------------------------------------------------------------- the parser
class _Angles:
    """The bracket of <x, y>=0 closes: no relation can stand inside, so the sign is taken apart."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        inside: list[str] = []
        for token in stream:
            if token.type in ("LANGLE", "LPAR", "LSQB"):
                inside.append(token.type)
            elif token.type in ("GT", "GE", "RANGLE", "RPAR", "RSQB") and inside:
                angle = inside[-1] == "LANGLE"
                if token.type == "GE" and angle and len(token) == 2:
                    yield Token.new_borrow_pos("GT", ">", token)
                    token = Token("EQ", "=", token.start_pos + 1 if token.start_pos is not None else None)
                    inside.pop()
                elif angle == (token.type in ("GT", "RANGLE")):
                    inside.pop()
            yield token


@cache
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=["declaration", "statement"],
        transformer=_Nodes(),
        postlex=_Angles(),
        maybe_placeholders=False,
    )


class _Nodes(Transformer[Token, Any]):
    """Makes the nodes as the parser goes along, so that no depth of the text is a depth of calls."""

    def __default__(self, data: str, children: list[Any], meta: object) -> Any:
        if data.startswith("_"):  # a repetition, which the parser takes apart again
            return Tree(data, children)
        parts = tuple(x for x in children if isinstance(x, Node))
        tokens = [x for x in children if isinstance(x, Token)]
        if data in OPERATIONS and not tokens:  # one operand stands for itself
            return parts[0]
        marks = tuple(x.start_pos or 0 for x in tokens)
        return Node(
            str(data),
            marks[0] if marks else parts[0].at,
            parts,
            tuple(map(str, tokens)),
            tuple(x.type for x in tokens),
            marks,
            1 + max((p.depth for p in parts), default=0),
        )


OPERATIONS = frozenset(["sum", "product", "disjunction", "conjunction", "implication"])


def _parse(source: Source, start: int, end: int, rule: str) -> Node:
    """The node of a segment; its places are those of the whole text."""
    try:
        node = _node(source, start, end, rule)
    except UnexpectedInput as e:
        _refuse(source, start, end, rule, e)
    deepest = node
    if node.depth > DEPTH:
        while deepest.depth > node.depth - DEPTH:
            deepest = max(deepest.parts, key=lambda p: p.depth)
        source.fail(deepest.at, f"the text is nested too deeply: more than {DEPTH} operations within each other")
    return node


def _node(source: Source, start: int, end: int, rule: str) -> Node:
    found: Any = _parser().parse(" " * start + source.text[start:end], start=rule)
    return found  # type: ignore[no-any-return]


# ---------------------------------------------------------------- what is wrong with a text
WORDS = {
    "a term": {"NAME", "NUMBER", "LPAR", "LANGLE", "LSQB"},
    "a relation (= != <= < >= >)": {"EQ", "NE", "LE", "LT", "GE", "GT"},
    "an operation (+ - * / ^ ')": {"PLUS", "STAR", "SLASH", "POWER", "PRIME"},
    "a number": {"NUMBER"},
    "a name": {"NAME"},
    '"=>"': {"IMPLIES"},
    '"and"': {"AND"},
    "a comma": {"COMMA"},
    "a colon": {"COLON"},
    "a dot": {"DOT"},
    '"x"': {"X"},
    '")"': {"RPAR"},
    '"]"': {"RSQB"},
    '"}"': {"RBRACE"},
    '">"': {"GT"},
    '"|"': {"BAR"},
    '"||"': {"DBAR"},
    '".."': {"DOTS"},
}


def _refuse(source: Source, start: int, end: int, rule: str, e: UnexpectedInput) -> NoReturn:
    """Say what is wrong with a segment that the parser refuses."""
    text = source.text
    last = max(start, len(text[:end].rstrip()) - 1)
    if isinstance(e, UnexpectedCharacters):
        at = e.pos_in_stream or 0
        source.fail(at, _character(text, at))
    other = "statement" if rule == "declaration" else "declaration"
    if _is(source, start, end, other):
        if rule == "declaration":
            source.fail(
                start + _blank(text[start:end]),
                "only the last segment is a statement, this one has segments "
                "behind it; join hypotheses by commas, and put => before the conclusion",
            )
        source.fail(
            start + _blank(text[start:end]),
            "the text ends with a declaration: behind it a semicolon and the statement are missing",
        )
    if not isinstance(e, UnexpectedToken) or e.token.type == "$END":
        accepts = set(getattr(e, "accepts", None) or ())
        source.fail(last + 1, _missing(accepts, rule))
    at, accepts = e.token.start_pos or 0, set(e.accepts or ())
    source.fail(at, _unexpected(e.token, accepts, rule))


def _is(source: Source, start: int, end: int, rule: str) -> bool:
    try:
        return bool(_node(source, start, end, rule))
    except UnexpectedInput:
        return False


def _blank(segment: str) -> int:
    return len(segment) - len(segment.lstrip())


def _missing(accepts: set[str], rule: str) -> str:
    if rule == "statement" and "EQ" in accepts and "AND" not in accepts:
        return "this is a term and no statement yet: a relation is missing, such as = or <="
    return f"the {rule} is incomplete: {_expected(accepts)} is expected here"


def _unexpected(token: Token, accepts: set[str], rule: str) -> str:
    term = token.type in ("NAME", "NUMBER", "LPAR", "LANGLE", "LSQB", "BAR", "DBAR")
    if term and "STAR" in accepts and rule == "statement":
        if "DOT" in accepts:
            return "what is quantified over ends here: a dot is missing, as in: exists X: d x m. A*X = B"
        return "two terms in a row: between them an operation is missing; a product is written A*B"
    if term and "X" in accepts:
        return "two sizes in a row: between them x is missing, as in m x d"
    if token.type == "X" and rule == "statement":
        return "x stands between sizes only, as in m x d; a product is written A*B"
    if token.type == "ARROW":
        return f"{token} stands between the sizes of a map only; an implication is written =>"
    return f'"{token}" has no place here: {_expected(accepts)} is expected'


def _expected(accepts: set[str]) -> str:
    """What may come, in words; what is special last."""
    found = [word for word, types in WORDS.items() if types <= accepts]
    if "a term" in found:
        found = ["a term"]
    if "a relation (= != <= < >= >)" in found:
        found.remove('">"')
    *others, final = found or ["something else"]
    return f"{', '.join(others)} or {final}" if others else final


def _character(text: str, at: int) -> str:
    """What is wrong with a place where no sign and no name begins."""
    word = re.match(r"[A-Za-z]+|_\w*", text[at:], re.ASCII)
    if word and word[0][0] == "_":
        return f"{word[0]} is not a name: names begin with a letter"
    if word:
        return f'"{word[0]}" has no place here; write "for all" and "exists" as in: for all x: d. A*x = 0'
    c = text[at]
    if c.isalpha():
        plain = unicodedata.name(c, "").lower().rpartition(" letter ")[2]
        advice = f", such as {plain}" if plain.isalpha() and plain.isascii() else ""
        return f"{c} is not ASCII: names have ASCII letters, digits and underscores{advice}"
    return f"{c!r} has no meaning in this notation"
