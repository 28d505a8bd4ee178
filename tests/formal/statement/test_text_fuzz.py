# ruff: noqa: RUF001 -- signs that look like others belong to random text
"""Whatever the text: a statement, or one clear error, and soon."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.book import BOOK
from formal.statement import TextError
from formal.statement.text import parse
from formal.statement.text.writing import to_text

from .texts import VALID, meaning

WORD = re.compile(r"\s+|[A-Za-z_]\w*|\d+|<?=>|[<>!=]=|\.\.|.")
POOL = [
    *"()[]{}<>|'^*+-/;:,.=&@×≤·∀∃αé²\t\n#\"\\",
    *("I", "0", "1", "x", "for all", "exists", "||", "min(", "max(", "sum(l = 1..L, ", "prod(", "rank(", "tr("),
    *("I(", "zeros(", "..", "=>", "<=>", "and", "or", "not", "scalar", "[0, A; A, 0]", "-1", "^2", "^T", "1000"),
]


def read(text: str) -> bool:
    """Whether it is a statement; then the kernel takes it, too."""
    try:
        found = parse(text)
    except TextError as e:
        assert 1 <= e.column <= len(text) + 1
        return False
    meaning(found)
    return True


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(POOL), max_size=30).map("".join))
def test_random_text(text: str) -> None:
    read(text)


def edited(words: list[str], pool: list[str], random: Random) -> str:
    """The words with a few of them left out, doubled, exchanged, replaced."""
    words = list(words)
    for _ in range(random.choice([1, 1, 1, 2, 3, 5])):
        i, j = random.randrange(len(words) + 1), random.randrange(len(words) + 1)
        kind = random.randrange(5)
        if kind == 0:
            words[i:j] = words[i : i + 1]
        elif kind == 1:
            words.insert(i, random.choice(pool))
        elif kind == 2:
            words[i : i + 1] = [random.choice(pool)]
        elif kind == 3:
            words[i:i] = words[i : i + random.randrange(12)]
        elif i < len(words) and j < len(words):
            words[i], words[j] = words[j], words[i]
    return "".join(words)


@pytest.mark.parametrize("seed", range(5))
def test_edited_text(seed: int) -> None:
    """Texts of the guide and of the book with a few random edits; some of them still say something."""
    random = Random(seed)
    claims = random.sample([c for c in BOOK if c.show is not None], 8)
    texts = [WORD.findall(text) for text in (*VALID, *map(to_text, claims))]
    pool = POOL + [word for words in texts for word in words]
    found = [read(edited(random.choice(texts), pool, random)) for _ in range(300)]
    assert any(found) and not all(found)


HEAD = "n, L; A, B: n x n; T[l]: n x n; a: scalar; phi: n -> n; x: n; "
LARGE = {
    "sum": "A + " * 2400 + "A = 0",
    "product": "A*" * 4900 + "A = 0",
    "identities": "I*" * 4900 + "I = I",
    "numbers": "9/7 + " * 1600 + "1 = a",
    "brackets": "(" * 4900 + "A" + ")" * 4900 + " = 0",
    "signs": "-" * 9000 + "A = 0",
    "primes": "A" + "'" * 9000 + " = 0",
    "powers": "A" + "^2" * 4500 + " = 0",
    "traces": "tr(" * 2000 + "A" + ")" * 2000 + " = 0",
    "conjunction": "A = 0 and " * 900 + "A = 0",
    "implications": "A = 0 => " * 900 + "A = 0",
    "chain": "a <= " * 1900 + "a",
    "denials": "not " * 2400 + "A = 0",
    "quantifiers": "for all l < L: " * 600 + "A = 0",
    "minima": "min(" * 25 + "a" + ", a)" * 25 + " <= a",
    "extrema": "a = " + " + ".join(["max(a, 1, 2)"] * 600),
    "sums over layers": " + ".join(f"sum(l = 1..L, T[l] + {i}*I)" for i in range(250)) + " = 0",
    "nested sums": "sum(l = 1..L, " * 300 + "A" + ")" * 300 + " = 0",
    "index": "T[" + "(L + 1)*" * 1000 + "L] = 0",
    "expansion": "(A + B)^13 = 0, " * 500 + "A = 0",
    "blocks": "[" + "A, " * 3000 + "A] = 0",
    "equal identities": "I = " * 2400 + "I",
    "blocks in blocks": "[" * 20 + "A, A" + "]" * 20 + " = 0",
    "unknown product": "AB" * 19 + "C = 0",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_text(name: str) -> None:
    """What is long, deep or exponentially large when multiplied out meets a bound, and no other end."""
    read(HEAD + LARGE[name])
