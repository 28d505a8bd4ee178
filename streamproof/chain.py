"""A theorem's steps as a proof to read.

The kernel's steps are walked from the theorem back. What a reader needs becomes a numbered line: equations with their
cofactors, inequalities with their summands, inductions with base and step, what an "exists" provides, uses of lemmas.
Steps that only pass things on (parts of a conjunction, assuming and discharging, specialising at a value) are folded
into the reference, such as "h2 at l = k".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

from formal.claims import origin
from formal.kernel.props import Prop, Variable, negation, prop_substitute, replace_variable, variable_value
from formal.kernel.rules import Cofactor, Theorem
from formal.kernel.terms import ONE, Decl, Nat, Substitution, Term

from .notation import nat_text, product_text, prop_text, term_text, variable_text

SUMMANDS = 8  # of a long sum, so many are shown
EXPANSION = "expansion"  # the reference for an equation whose sides have the same normal form


@dataclass
class Lemma:
    """A theorem that a proof uses at certain values; its own proof is read separately."""

    number: int
    theorem: Theorem


@dataclass
class _Lemmas:
    """All lemmas that were met, each once."""

    found: dict[int, Lemma] = field(default_factory=dict)

    def number(self, th: Theorem) -> int:
        return self.found.setdefault(id(th), Lemma(len(self.found) + 1, th)).number


def proof_lines(th: Theorem, hypotheses: Sequence[Prop]) -> list[str]:
    """The proof of th from the hypotheses (h1, h2, ..), then the proofs of the lemmas that it uses."""
    lemmas = _Lemmas()
    lines = _read(th, hypotheses, lemmas)
    done = 0
    while done < len(lemmas.found):  # the proof of a lemma may meet further ones
        lemma = list(lemmas.found.values())[done]
        done += 1
        given = sorted(lemma.theorem.hyps, key=str)
        lines += ["", f"Lemma {lemma.number}. {_sentence(given, lemma.theorem.conclusion)}"]
        lines += [f"  {line}" for line in _read(lemma.theorem, given, lemmas)]
    return lines


def _sentence(given: Sequence[Prop], conclusion: Prop) -> str:
    if not given:
        return prop_text(conclusion)
    return f"Given {', '.join(f'(h{i}) {prop_text(p)}' for i, p in enumerate(given, 1))}: {prop_text(conclusion)}"


def _read(th: Theorem, hypotheses: Sequence[Prop], lemmas: _Lemmas) -> list[str]:
    reader = _Reader(hypotheses, lemmas)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 50_000))  # a proof is walked by recursion, and some are deep
    try:
        reader._root = th
        label = reader.cite(th)
    finally:
        sys.setrecursionlimit(limit)
    if not reader.lines:
        reader.lines.append("Both sides have the same expansion." if label == EXPANSION else f"This is {label}.")
    return reader.lines


class _Reader:
    def __init__(self, hypotheses: Sequence[Prop], lemmas: _Lemmas) -> None:
        self.lines: list[str] = []
        self._lemmas = lemmas
        self._labels: dict[int, str] = {}
        self._alive: list[Theorem] = []  # an id is only good while its object lives
        self._assumed: dict[Prop, str] = {p: f"h{i}" for i, p in enumerate(hypotheses, 1)}
        self._inductive: set[str] = set()  # references to hypotheses of inductions
        self._root: Theorem | None = None
        self._count = 0
        self._depth = 0

    # ------------------------------------------------------------ lines
    def _number(self) -> str:
        self._count += 1
        return str(self._count)

    def _put(self, text: str, *details: str) -> None:
        pad = "  " * self._depth
        self.lines += [pad + text, *(f"{pad}      {d}" for d in details)]

    def _line(self, th: Theorem, why: str, *details: str) -> str:
        label = self._number()
        self._put(f"{label}. {prop_text(th.conclusion)}    ({why})", *details)
        return label

    @contextmanager
    def _block(self, heading: str) -> Iterator[None]:
        self._put(heading)
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def _supposing(self, p: Prop, label: str) -> Iterator[None]:
        """Within, assuming p refers to the label."""
        before = self._assumed.get(p)
        self._assumed[p] = label
        yield
        if before is None:
            del self._assumed[p]
        else:
            self._assumed[p] = before

    # ------------------------------------------------------------ references
    def cite(self, th: Theorem) -> str:
        """How to refer to a theorem; what it takes is put down first."""
        if th.step.rule == "assume":
            return self._assumption(th.conclusion)
        label = self._labels.get(id(th))
        if label is None:
            self._alive.append(th)
            if th is not self._root and origin(th) is not None:  # a claim of the book as it stands
                label = self._labels[id(th)] = self._line(th, str(origin(th)))
                return label
            rule = getattr(self, f"_by_{th.step.rule}", None)
            label = self._labels[id(th)] = rule(th) if rule else self._line(th, th.step.rule)
        return label

    def _assumption(self, p: Prop) -> str:
        if p not in self._assumed:
            self._assumed[p] = label = self._number()
            self._put(f"{label}. Suppose {prop_text(p)}.")
        return self._assumed[p]

    def _cite_all(self, parents: Sequence[Theorem]) -> list[str]:
        return [self.cite(p) for p in parents]

    def _restate(self, th: Theorem, text: str, why: str) -> str:
        label = self._number()
        self._put(f"{label}. {text}    ({why})")
        return label

    # ------------------------------------------------------------ equations and inequalities
    def _by_ideal(self, th: Theorem) -> str:
        labels = self._cite_all(th.step.parents)
        cofactors: Sequence[Cofactor] = th.step.data["cofactors"]
        if not cofactors:
            return EXPANSION
        texts = [_cofactor_text(c, f"[{labels[c.premise]}]") for c in cofactors]
        if len(texts) == 1 and texts[0] in (f"[{labels[0]}]", f"-[{labels[0]}]"):
            return labels[0] if not texts[0].startswith("-") else self._line(th, f"by {labels[0]}")
        return self._line(th, f"by {_listed(labels)}", "left - right = " + _sum(texts))

    def _by_order(self, th: Theorem) -> str:
        data = th.step.data
        labels = self._cite_all(th.step.parents)
        texts = []
        for s in data["summands"]:
            factors = [f"[{labels[i]}]" for i in s.premises]
            factors += [f"|{term_text(p)}|^2" for p in s.squares]
            factors += [term_text(n) for n in s.naturals]
            texts.append(product_text(str(Fraction(s.coefficient)), *factors))
        texts += [product_text(term_text(w), f"[{labels[i]}]") for i, w in data["equalities"]]
        if texts == [f"[{x}]" for x in labels] and len(labels) == 1:
            return labels[0]
        if not labels and not texts:
            return EXPANSION
        if not labels and all(not s.squares for s in data["summands"]):
            return self._line(th, "dimensions and ranks are natural numbers")
        why = f"by {_listed(labels)}" if labels else "a sum of squares"
        return self._line(th, why, "left - right = " + _sum(texts))

    def _by_null(self, th: Theorem) -> str:
        return self._line(th, f"its squared norm is at most 0, by {self.cite(th.step.parents[0])}")

    def _by_integer(self, th: Theorem) -> str:
        return self._line(th, f"{self.cite(th.step.parents[0])}, between integers")

    def _by_invert(self, th: Theorem) -> str:
        return f"a reciprocal, by {self.cite(th.step.parents[0])}"

    def _by_congruence(self, th: Theorem) -> str:
        return self._line(th, f"equals for equals, {self.cite(th.step.parents[0])}")

    # ------------------------------------------------------------ ranks and blocks
    def _by_rank_bound(self, th: Theorem) -> str:
        left, right = term_text(th.step.data["left"]), term_text(th.step.data["right"])
        return self._line(th, f"a product through {nat_text(th.step.data['left'].cols)}: {product_text(left, right)}")

    def _by_rank_factor(self, th: Theorem) -> str:
        return f"full-rank factorisation of {term_text(th.step.data['term'])}"

    def _by_rank_identity(self, th: Theorem) -> str:
        return self._line(
            th, f"an identity goes through a dimension that is at least its own, {self.cite(th.step.parents[0])}"
        )

    def _by_blocks(self, th: Theorem) -> str:
        return f"a direct sum of {nat_text(th.step.data['p'])} and {nat_text(th.step.data['q'])}"

    # ------------------------------------------------------------ logic
    def _by_discharge(self, th: Theorem) -> str:
        p, inner = th.step.data["prop"], th.step.parents[0]
        self._under(p, inner)
        return self._line(th, "as shown") if p in inner.hyps else self._line(th, f"by {self.cite(inner)}")

    def _under(self, p: Prop, inner: Theorem, heading: str | None = None) -> None:
        """Put down what `inner` takes, under the supposition p if it is used."""
        if p not in inner.hyps and heading is None:
            self.cite(inner)
            return
        label = self._number()
        with self._block(f"{label}. {heading or f'Suppose {prop_text(p)}.'}"), self._supposing(p, label):
            self._closing(inner)

    def _closing(self, inner: Theorem) -> None:
        """Put down a theorem that ends a block; say where it stands if it stands elsewhere."""
        before = len(self.lines)
        label = self.cite(inner)
        if len(self.lines) == before:
            self._put(f"{prop_text(inner.conclusion)}    ({label})")

    def _by_detach(self, th: Theorem) -> str:
        rule, th_condition = th.step.parents
        if rule.step.rule == "discharge":  # a cut: the condition was proved
            label = self.cite(th_condition)
            with self._supposing(rule.step.data["prop"], label):
                return self.cite(rule.step.parents[0])
        return self._line(th, self._introduction(th)) if _introduced(th) else self._at_values(th)

    def _by_specialize(self, th: Theorem) -> str:
        return self._at_values(th)

    def _at_values(self, th: Theorem) -> str:
        """A chain of specialisations and of conditions that hold, as one line."""
        values, guards = [], []
        root = th
        while True:
            if root.step.rule == "specialize":
                above = root.step.parents[0]
                name, value = _name(above.conclusion[1]), _value_text(root.step.data["value"])
                values.append(name if name == value else f"{name} = {value}")
                root = above
            elif root.step.rule == "detach" and root.step.parents[0].step.rule != "discharge":
                guards.append(root.step.parents[1])
                root = root.step.parents[0]
            else:
                break
        label = self.cite(root)
        used = [self.cite(g) for g in reversed(guards) if not _is_obvious(g)]
        if not values and not used and label in self._inductive:
            return label
        at = f"{label} at {', '.join(reversed(values))}" if values else label
        return self._line_or_source(th, at + (f", with {_listed(used)}" if used else ""))

    def _line_or_source(self, th: Theorem, why: str) -> str:
        """A line, except for an "exists": what that provides is put down where it is taken."""
        return why if th.conclusion.kind == "ex" and th is not self._root else self._line(th, why)

    def _by_conjoin(self, th: Theorem) -> str:
        return _listed(self._cite_all(th.step.parents))

    def _by_part(self, th: Theorem) -> str:
        whole_one, i = th.step.parents[0], th.step.data["i"]
        if whole_one.step.rule == "conjoin":
            return self.cite(whole_one.step.parents[i])
        return f"{self.cite(whole_one)}.{i + 1}"

    def _by_generalize(self, th: Theorem) -> str:
        inner, names = th.step.parents[0], [th.step.data["var"]]
        while inner.step.rule == "generalize":
            names.append(inner.step.data["var"])
            inner = inner.step.parents[0]
        if inner.step.rule == "discharge":
            self._under(inner.step.data["prop"], inner.step.parents[0])
        else:
            self.cite(inner)
        return self._line(th, f"{_listed(list(map(_name, names)))} {'was' if len(names) == 1 else 'were'} arbitrary")

    def _by_instantiate(self, th: Theorem) -> str:
        (lemma,) = th.step.parents
        claim_id = origin(lemma)
        if not th.step.data["nats"] and not th.step.data["letters"] and claim_id is None:
            return self.cite(lemma)
        nats: Mapping[str, Nat] = th.step.data["nats"]
        letters: Mapping[Decl, Term] = th.step.data["letters"]
        values = [f"{d.name} = {term_text(t)}" for d, t in letters.items() if term_text(t) != d.name]
        values += [f"{name} = {nat_text(n)}" for name, n in nats.items() if not letters and nat_text(n) != name]
        at = f" at {', '.join(values)}" if values else ""
        given = [self._assumption(p) for p in sorted(th.hyps, key=str)]
        name = claim_id or f"lemma {self._lemmas.number(lemma)}"  # the proof of a claim stands on its own page
        why = f"{name}{at}" + (f", with {_listed(given)}" if given else "")
        return self._line_or_source(th, why)

    def _by_introduce(self, th: Theorem) -> str:
        return self._line(th, self._introduction(th))

    def _introduction(self, th: Theorem) -> str:
        values, body = _introduced(th) or ([], th)
        label = self.cite(body)
        return f"with {', '.join(f'{_name(v)} = {_value_text(value)}' for v, value in values)}, by {label}"

    def _by_eliminate(self, th: Theorem) -> str:
        some, inner = th.step.parents
        names = [th.step.data["var"]]
        body = _body(some.conclusion, names[0])
        while (
            body.kind == "ex"
            and inner.step.rule == "eliminate"
            and inner.step.parents[0].step.rule == "assume"
            and inner.step.parents[0].conclusion == body
        ):
            names.append(inner.step.data["var"])
            inner = inner.step.parents[1]
            body = _body(body, names[-1])
        source = self._introduction(some) if _introduced(some) else self.cite(some)
        label = self._number()
        taken = f"{label}. Take {', '.join(map(variable_text, names))} with"
        parts = _parts(label, body)
        if len(parts) == 1:
            self._put(f"{taken} {prop_text(body)}    ({source})")
        else:
            self._put(f"{taken}    ({source})", *(f"{name}  {prop_text(part)}" for name, part in parts))
        with self._supposing(body, label):
            return self.cite(inner)

    def _by_cases(self, th: Theorem) -> str:
        p = th.step.data["prop"]
        yes, no = th.step.parents
        for q, inner, other in ((p, yes, no), (negation(p), no, yes)):
            if other.step.rule == "assume" and inner.step.rule == "absurd":  # what is left is the goal itself
                self._under(q, inner, f"Suppose, to the contrary, {prop_text(q)}.")
                return self._line(th, "by contradiction")
        self._under(p, yes, f"Case {prop_text(p)}:")
        self._under(negation(p), no, f"Case {prop_text(negation(p))}:")
        return self._line(th, "in both cases")

    def _by_absurd(self, th: Theorem) -> str:
        yes, no = th.step.parents
        if yes.step.rule == "assume" or no.step.rule != "order" or no.step.parents:
            return self._restate(th, "This is a contradiction.", f"{self.cite(yes)} against {self.cite(no)}")
        return self._restate(th, "This is a contradiction.", self.cite(yes))

    def _by_induct(self, th: Theorem) -> str:
        var, claim = th.step.data["var"], th.step.data["claim"]
        base, step = th.step.parents
        label = self._number()
        hypothesis = f"i{label}"
        self._inductive.add(hypothesis)
        self._put(f"{label}. {prop_text(th.conclusion)}    (induction on {var})")
        self._depth += 1
        with self._block(f"Base, {var} = 0: {prop_text(_beyond_guard(base.conclusion))}"):
            self._within_range(base, var)
        inner = step.step.parents[0] if step.step.rule == "discharge" else step
        heading = f"({hypothesis}) {prop_text(_beyond_guard(claim))}: {prop_text(_beyond_guard(step.conclusion[2]))}"
        with self._block(f"Step, from {heading}"), self._supposing(claim, hypothesis):
            self._within_range(inner, var)
        self._depth -= 1
        return label

    def _within_range(self, th: Theorem, var: str) -> None:
        """Put down what is proved for all indices in the range; that the index is in it goes without saying."""
        if th.step.rule == "discharge" and _beyond_guard(th.conclusion) is not th.conclusion:
            with self._supposing(th.step.data["prop"], f"the range of {var}"):
                self._closing(th.step.parents[0])
        else:
            self._closing(th)

    def _by_difference(self, th: Theorem) -> str:
        return f"the difference {nat_text(th.step.data['a'])} - ({nat_text(th.step.data['b'])})"

    def _by_transport(self, th: Theorem) -> str:
        data = th.step.data
        equation = next(p for p in th.hyps if p not in set(data["assumed"]))
        label = self._assumption(equation)
        value = nat_text(data["value"])
        put = Substitution({data["var"]: data["value"]})
        with ExitStack() as stack:
            stack.enter_context(self._block(f"With {value} for {data['var']}, by {label}:"))
            for p in sorted(data["assumed"], key=str):
                stack.enter_context(self._supposing(prop_substitute(p, put), self._assumption(p)))
            self._closing(th.step.parents[0])
        return self._line(th, f"as {data['var']} = {value}")

    # ------------------------------------------------------------ instances and axioms
    def _by_ground(self, th: Theorem) -> str:
        return self._line(th, "evaluate at the witness")

    def _by_axiom(self, th: Theorem) -> str:
        return self._line(th, f"axiom {th.step.data['name']}")


# ---------------------------------------------------------------- small texts
def _introduced(th: Theorem) -> tuple[list[tuple[Variable, Nat | Term]], Theorem] | None:
    """Of an "exists" that was shown by values: these, and what holds of them.

    The values are introduced one by one; or the body, supposed, gives the "exists", and then they are put into that.
    """
    values, inner = _introductions(th)
    if values:
        return values, inner
    if th.step.rule != "detach" or th.step.parents[0].step.rule != "instantiate":
        return None
    rule, body = th.step.parents
    (general,) = rule.step.parents
    values, inner = _introductions(general.step.parents[0]) if general.step.rule == "discharge" else ([], general)
    if not values or inner.step.rule != "assume":
        return None
    images = {**rule.step.data["nats"], **rule.step.data["letters"]}
    return [(v, images[v]) for v, _ in values], body


def _introductions(th: Theorem) -> tuple[list[tuple[Variable, Nat | Term]], Theorem]:
    values = []
    while th.step.rule == "introduce":
        values.append((th.step.data["goal"][1], th.step.data["value"]))
        th = th.step.parents[0]
    return values, th


def _name(v: Variable) -> str:
    return v if isinstance(v, str) else v.name


def _value_text(v: Nat | Term) -> str:
    return nat_text(v) if isinstance(v, Nat) else term_text(v)


def _listed(labels: Sequence[str]) -> str:
    """1, 2 and 4, each once."""
    once = list(dict.fromkeys(labels))
    return " and ".join([", ".join(once[:-1]), once[-1]] if len(once) > 1 else once)


def _sum(texts: Sequence[str]) -> str:
    shown = texts[:SUMMANDS]
    total = shown[0] + "".join(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in shown[1:])
    left = len(texts) - len(shown)
    return total + (f" + .. ({left} more; the certificate has them all)" if left else "")


def _cofactor_text(c: Cofactor, h: str) -> str:
    product = product_text(term_text(c.left), h + (".T" if c.flipped else ""), term_text(c.right))
    if c.outer is None:
        return product
    return product_text(term_text(c.outer), product if c.left.rows == ONE else f"tr({product})")


def _body(p: Prop, var: Variable) -> Prop:
    """What an "exists" says of its variable, under the name var."""
    return replace_variable(p[2], p[1], variable_value(var))


def _parts(label: str, p: Prop) -> list[tuple[str, Prop]]:
    """A proposition and, of a conjunction, all parts, each with its label."""
    if p.kind != "and":
        return [(label, p)]
    return [found for i, q in enumerate(p[1], 1) for found in _parts(f"{label}.{i}", q)]


def _compares_dimensions(p: Prop) -> bool:
    """Whether it compares dimensions and indices only, as bounds of indices do."""
    return p.kind in ("ge", "gt") and all(x.kind == "nat" for key in p[1].words for x in key)


def _beyond_guard(p: Prop) -> Prop:
    """What "if the index is in range, then q" says: q."""
    return p[2] if p.kind == "imp" and _compares_dimensions(p[1]) else p


def _is_obvious(th: Theorem) -> bool:
    """Whether it compares dimensions and indices only, by arithmetic from what was supposed."""
    if not _compares_dimensions(th.conclusion):
        return False
    return th.step.rule in ("assume", "part") or (th.step.rule == "order" and all(map(_is_obvious, th.step.parents)))
