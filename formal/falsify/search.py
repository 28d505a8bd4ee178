"""The search for a counterexample to a claim, with a record of what was tried.

Phases come in rounds of growing effort: tiny instances one after the other (`exhaustive`), instances built from the
hypotheses (`build`), the same with named families of vectors (`gadgets`), and with Hypothesis as the source of choices.
What is found is made as small as possible (`shrink`), and the kernel's rule for ground instances has the last word.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ..claims import Claim
from ..kernel.errors import KernelError
from ..kernel.terms import Decl
from ..provers.deadline import OutOfTime, tick, within
from ..statement.errors import StatementError
from ..statement.language import Family, Prop
from .build import Builder, Seeded
from .evidence import Refutation, freed, refutation
from .exact import rows_of, zeros
from .exhaustive import Exhaustive, natural_order
from .gadgets import Vector, VectorFamily, configurations, vector_families
from .goals import Goal, goals
from .kinds import Chooser
from .maps import Map
from .network import NODES, Network, TooLarge
from .shrink import Key, Shrinker, setting_key, value_key
from .sizes import Sizes
from .sums import Part, parts, placed, sums

EXHAUSTIVE, BUILT, GADGETS, DRAWN = "all tiny instances", "built from the hypotheses", "named vectors", "Hypothesis"
STANDARD, SUMS = "standard matrices", "direct sums"
# For each round: settings of the dimensions, work on each in going through all instances, instances built at each.
ROUNDS = ((3, 60, 0), (14, 150, 2), (24, 300, 12), (30, 2_000, 40), (40, 12_000, 150), (60, 60_000, 600))
REACH = 4  # the sum of the dimensions exceeds the least by so much at most
FURTHER = 7  # .. where only standard matrices are tried
WIDE = 80  # settings for these
FUTILE = 4  # of these at a setting; more only where one met the hypotheses
TOTAL = 60  # direct sums that are tried in a round
DEGENERATE = 12  # settings with a dimension 0 in a round
FEW = 8  # vectors in a family, where only a quick look is asked for
CHEAP = 30  # tiny instances count as one try
BATCH = 60  # examples in one run of Hypothesis
CLOSER = 1500  # work on each smaller setting, once a counterexample is known
SIMPLER = 30  # instances of standard matrices, of which the simplest may take the place of what was found
CLOSEST = 40  # such settings


@dataclass
class Phase:
    """One kind of search: how many instances it made, and at how many of them all hypotheses held."""

    name: str
    tries: int = 0
    met: int = 0


@dataclass(frozen=True)
class Search:
    """What a search did. witness: values as a claim takes them, or None. That none was found says nothing.

    reached: False where nothing could be tried, as a hypothesis or the conclusion cannot be evaluated. refutation: the
    claim with the evidence that it fails, and the claim whose failure at the witness evaluation shows: another one
    where it has quantifiers, with letters that have values too.
    """

    witness: Mapping[str, Any] | None
    phases: tuple[Phase, ...]
    reached: bool = True
    refutation: Refutation | None = None

    @property
    def evidence(self) -> Claim | None:
        """The claim as it is written, with the evidence that it fails."""
        return None if self.refutation is None else self.refutation.claim

    @property
    def tries(self) -> int:
        return sum(p.tries for p in self.phases)

    @property
    def met(self) -> int:
        return sum(p.met for p in self.phases)


def search(
    claim: Claim,
    *,
    seconds: float = 10,
    tries: int | None = None,
    seed: int = 0,
    progress: Callable[[Search], None] | None = None,
) -> Search:
    """Look for the smallest values at which the claim fails, for so many seconds or tries.

    tries: instances built, at most; thirty of the tiny ones that are gone through one after the other count as one.

    The same seed meets the same instances in the same order; time only cuts the search off. progress: is told now and
    then what was tried so far.

    >>> from formal.statement import Eq, dims, matrix
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> search(Claim("X", "", (), Eq(A*B, B*A))).witness
    {'d': 2, 'A': ((1, 0), (0, 0)), 'B': ((0, 1), (0, 0))}
    """
    return Hunt(claim, seed, progress).run(seconds, tries)


def find_counterexample(
    given: Sequence[Prop],
    show: Prop,
    where: Sequence[Family] = (),
    *,
    limit: int = 200,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Values at which everything given holds and the conclusion fails, or None if none was found.

    limit: tries, as in `search`. None says nothing about the statement. The values are the first that were found, and
    not the smallest.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> find_counterexample([Eq(W*V, Identity(m))], Eq(V*W, Identity(d)))["V"]
    ((1,), (0,))
    >>> find_counterexample([Eq(W*V, Identity(m))], Eq(V*W*V, V)) is None
    True
    """
    hunt = Hunt(Claim("found", "", tuple(given), show, tuple(where)), seed, None, small=False)
    found = hunt.run(None, limit).witness
    return None if found is None else dict(found)


def within_reach(given: Sequence[Prop], show: Prop, where: Sequence[Family] = ()) -> bool:
    """Whether there is anything that a search could try: not every hypothesis can be evaluated.

    >>> from formal.statement import Eq, Exists, matrix
    >>> A, B = matrix("A", 1, 1), matrix("B", 1, 1)
    >>> within_reach([], Eq(A, B)), within_reach([], Exists(B, Eq(A, B*B)))
    (True, False)
    """
    return bool(goals(tuple(given), show, tuple(where)))


class _Found(Exception):
    """A counterexample: its network is filled."""

    def __init__(self, stage: Stage, net: Network) -> None:
        self.stage, self.net = stage, net


@dataclass
class Stage:
    """A goal at one setting of the dimensions."""

    goal: Goal
    sizes: Sizes
    nats: dict[str, Any]
    seed: str
    largest: int = NODES

    @cached_property
    def net(self) -> Network | None:
        """The program; None where the statement has no sense or no letters at these sizes, or is too large."""
        try:
            net = Network(self.goal, self.nats, self.largest)
        except (KernelError, StatementError, TooLarge):
            return None
        return None if net.contradiction else net

    @cached_property
    def exhaustive(self) -> Exhaustive | None:
        return None if self.net is None else Exhaustive(self.net, self.net.plan(natural_order(self.net)))

    @cached_property
    def builder(self) -> Builder | None:
        return None if self.net is None else Builder(self.net, Seeded(self.seed))

    @cached_property
    def plain(self) -> Builder | None:
        """A builder that takes standard matrices where it can choose."""
        free = self.net is not None and bool(self.net.places)
        return Builder(self.net, Seeded(f"{self.seed} plain"), plain=True) if free and self.net is not None else None

    @property
    def key(self) -> Key:
        return setting_key(self.sizes, self.nats)


@dataclass
class Hunt:
    """One search, with what it has tried so far: run again, it goes on where it was cut off.

    >>> from formal.statement import Eq, dims, matrix
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> hunt = Hunt(Claim("X", "", (Eq(A*A*A, 0),), Eq(A*A*B, B*A*A)), 0)
    >>> hunt.run(None, 1).witness is None, hunt.run(None, 1000).witness is None
    (True, False)
    """

    claim: Claim
    seed: int
    progress: Callable[[Search], None] | None = None
    small: bool = True
    phases: dict[str, Phase] = field(default_factory=dict)
    left: int | None = None
    round: int = 0
    stages: dict[tuple[int, str], Stage] = field(default_factory=dict)

    known_parts: dict[int, list[Part]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.goals = goals(self.claim.given, self.claim.conclusion, self.claim.where)
        self.sizes = [Sizes(goal) for goal in self.goals]

    def run(self, seconds: float | None, tries: int | None, patience: float = 0) -> Search:
        """Search until a counterexample is found or nothing is left to try, to spend, or of the time.

        patience: seconds that making a counterexample smaller may take besides.
        """
        self.left = tries
        end = time.monotonic() + (seconds if seconds is not None else 10**9)
        found: _Found | None = None
        try:
            with within(end - time.monotonic()):
                for _ in self._rounds():
                    pass
        except OutOfTime:
            pass
        except _Found as e:
            found = e
        refuted = None if found is None else self._refuted(found, end + patience)
        witness = None if refuted is None else refuted.there.witness
        return Search(witness, tuple(self.phases.values()), bool(self.goals), refuted)

    # ------------------------------------------------------------ rounds
    def _rounds(self) -> Iterator[None]:
        if not self.goals:
            return
        while self.left is None or self.left > 0:
            k = self.round
            before = sum(p.tries for p in self.phases.values())
            settings, work, built = ROUNDS[min(k, len(ROUNDS) - 1)]
            for stage in self._some(settings, k > 0):
                self._exhaust(stage, work)
            if k == 1:
                self._with_gadgets()
            if built:
                for stage in self._some(settings, True, reach=True):
                    self._build(stage, built)
            if k >= 2:
                for stage in self._some(WIDE, False, reach=True, within=FURTHER):
                    if stage.plain is not None and (stage.plain.met or stage.plain.tries < FUTILE):
                        self._attempts(stage, stage.plain, 3 * k - 4, STANDARD)
                self._with_sums(k)
            if k == 4 and self.small:
                self._with_gadgets(large=True)
            if k >= 3 and self.small:
                self._draw(settings, k)
            self._tell()
            self.round += 1
            if k >= len(ROUNDS) and sum(p.tries for p in self.phases.values()) == before:
                return
            yield

    def _some(self, count: int, zeros: bool, reach: bool = False, within: int = REACH) -> Iterator[Stage]:
        """Stages of a round: the smallest settings, then some larger ones, then those with a dimension 0."""
        for i, sizes in enumerate(self.sizes):
            every: list[Iterator[dict[str, Any]]] = [islice(sizes.positive(within), count)]
            every += [sizes.uniform()] if reach else []
            every += [islice(sizes.degenerate(), min(count, DEGENERATE))] if zeros else []
            seen = set()
            for nats in chain(*every):
                key = (i, str(sorted(nats.items())))
                if key not in seen:
                    seen.add(key)
                    if key not in self.stages:
                        self.stages[key] = Stage(self.goals[i], sizes, nats, f"{self.seed} {key}")
                    if self.stages[key].net is not None:
                        tick()
                        yield self.stages[key]

    def _spend(self, name: str, tries: int, met: int, share: int = 1) -> None:
        phase = self.phases.setdefault(name, Phase(name))
        phase.tries += tries
        phase.met += met
        if self.left is not None:
            self.left -= tries // share

    def _exhaust(self, stage: Stage, work: int) -> None:
        walk = stage.exhaustive
        if walk is None or walk.finished or (self.left is not None and self.left <= 0):
            return
        tries, met = walk.tries, walk.met
        try:
            for _ in walk.instances(work if self.left is None else min(work, CHEAP * self.left)):
                raise _Found(stage, walk.net)
        finally:
            self._spend(EXHAUSTIVE, walk.tries - tries, walk.met - met, CHEAP)

    def _build(self, stage: Stage, count: int) -> None:
        builder = stage.builder
        if builder is None or not builder.net.places:
            return
        self._attempts(stage, builder, count, BUILT)

    def _attempts(self, stage: Stage, builder: Builder, count: int, phase: str) -> None:
        tries, met = builder.tries, builder.met
        try:
            for i in range(count if self.left is None else min(count, max(0, self.left))):
                if builder.attempt(aims=builder.plain and i % 2 > 0):
                    raise _Found(stage, builder.net)
        finally:
            self._spend(phase, builder.tries - tries, builder.met - met)

    def _draw(self, settings: int, k: int) -> None:
        """The builders again, with choices drawn by Hypothesis."""
        if self.left is not None and self.left < BATCH:
            return
        if "hypothesis" not in sys.modules:  # nobody else uses it, so it need not keep anything where the user works
            from hypothesis.configuration import set_hypothesis_home_dir

            set_hypothesis_home_dir(Path(gettempdir()) / "hypothesis")
        from .strategies import examples

        stages = [s for s in self._some(min(settings, 20), True, reach=True) if s.net is not None and s.net.places]
        found: list[Stage] = []
        phase: list[tuple[int, bool]] = []

        def once(choose: Chooser) -> bool:
            stage = choose.pick(stages)
            known = stage.builder
            if stage.net is None or known is None:
                return False
            builder = Builder(stage.net, choose)
            builder.served, builder.order, builder.learns = known.served, known.order, False
            good = builder.attempt()
            phase.append((builder.tries, bool(builder.met)))
            found.extend([stage] if good else [])
            return good

        for stage in stages:  # all that is learned, before: what Hypothesis draws must not depend on what it drew
            if stage.builder is not None:
                stage.builder.order.complete(stage.builder.choose)
        try:
            if stages:
                examples(BATCH * (k - 2), self.seed * 1000 + k, once)
        finally:
            self._spend(DRAWN, len(phase), sum(met for _, met in phase))
        if found and found[0].net is not None:
            raise _Found(found[0], found[0].net)

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(Search(None, tuple(self.phases.values()), bool(self.goals)))

    # ------------------------------------------------------------ direct sums
    def _parts(self, i: int) -> list[Part]:
        """Instances of the equations of a goal, made once."""
        if i not in self.known_parts:
            self.known_parts[i] = parts(self.goals[i], f"{self.seed} {i}")
        return self.known_parts[i]

    def _with_sums(self, k: int) -> None:
        """Direct sums of instances of the equations, with whatever else the goal wants."""
        for i, sizes in enumerate(self.sizes):
            seed = f"{self.seed} {i} {k}"
            for nats, group in islice(sums(self._parts(i), sizes, seed), TOTAL):
                tick()
                stage = Stage(self.goals[i], sizes, nats, seed)
                if stage.net is not None and (self.left is None or self.left > 0):
                    self._attempts(stage, Builder(stage.net, Seeded(seed), placed(stage.net, group)), 1, SUMS)

    # ------------------------------------------------------------ gadgets
    def _with_gadgets(self, large: bool = False) -> None:
        for i, sizes in enumerate(self.sizes):
            for family in vector_families(self.goals[i], sizes):
                for name, vectors in configurations(large):
                    if (self.small or len(vectors) <= FEW) and self._placed(
                        i, family, vectors, f"{self.seed} {name}"
                    ) is not None:
                        self._fewest(i, family, vectors, f"{self.seed} {name}")

    def _placed(self, i: int, family: VectorFamily, vectors: Sequence[Vector], seed: str) -> _Found | None:
        """A counterexample in which the family is these vectors, in a few attempts at the rest."""
        tick()
        sizes = self.sizes[i]
        stage = Stage(self.goals[i], sizes, family.setting(sizes, vectors), seed, 5 * NODES)
        if not sizes.allowed(stage.nats) or stage.net is None:
            return None
        builder = Builder(stage.net, Seeded(seed), family.placed(stage.net, vectors))
        try:
            self._attempts(stage, builder, 12, GADGETS)
        except _Found as found:
            return found
        return None

    def _fewest(self, i: int, family: VectorFamily, vectors: Sequence[Vector], seed: str) -> None:
        """Raise the counterexample with as few of the vectors as halving finds."""
        low, high = 0, len(vectors)
        while high - low > 1:
            count = (low + high) // 2
            low, high = (low, count) if self._placed(i, family, vectors[:count], seed) is not None else (count, high)
        found = self._placed(i, family, vectors[:high], seed)
        if found is not None:
            raise found

    # ------------------------------------------------------------ what was found
    def _refuted(self, found: _Found, end: float) -> Refutation | None:
        stage, net, best = found.stage, found.net, found.net.filled()
        if self.small:
            try:
                with within(max(0, end - time.monotonic())):
                    stage, net, best = self._smallest(stage, net, best)
            except OutOfTime:
                pass
        net.fill(best)
        net.complete()
        return refutation(self.claim, _values(net, freed(self.claim, stage.goal)), stage.goal)

    def _smallest(self, stage: Stage, net: Network, best: list[Any]) -> tuple[Stage, Network, list[Any]]:
        """Smaller settings first, then smaller values at the smallest setting."""
        spent = 0
        for other in self._below(stage):
            if spent > CLOSEST:
                break
            if other.net is not None:
                spent += 1
                if self._fails_at(other, other.net):
                    stage, net, best = other, other.net, other.net.filled()
                    break
        best = self._simplest(stage, net, best)
        net.fill(best)
        return stage, net, best if len(net.values) > NODES else Shrinker(net).shrink()

    def _simplest(self, stage: Stage, net: Network, best: list[Any]) -> list[Any]:
        """The simplest of some instances at a setting, of standard matrices."""
        for i in range(SIMPLER if self.round and stage.plain is not None and stage.plain.net is net else 0):
            if stage.plain is not None and stage.plain.attempt(aims=i % 2 > 0):
                best = min(best, net.filled(), key=lambda values: value_key(net, values))
        return best

    def _fails_at(self, stage: Stage, net: Network) -> bool:
        """Whether a closer look finds a counterexample at a setting; its network is filled then."""
        if any(True for _ in Exhaustive(net, net.plan(natural_order(net))).instances(CLOSER)):
            return True
        tries = 60 if len(net.values) < 300 else 20
        for builder in (stage.builder, stage.plain if self.round else None):
            if builder is not None and any(builder.attempt(aims=i % 2 > 0) for i in range(tries)):
                return True
        if not self.round:  # what is found at once is small
            return False
        groups = sums(self._parts(self.goals.index(stage.goal)), stage.sizes, f"{self.seed}")
        return any(
            Builder(net, Seeded(stage.seed), placed(net, group)).attempt()
            for nats, group in groups
            if nats == stage.nats
        )

    def _below(self, stage: Stage) -> list[Stage]:
        """The stages that come before one in the order, the smallest first."""
        key = stage.key
        total = key[1] + (3 if key[0] else 0)
        found: list[Stage] = []
        for i, sizes in enumerate(self.sizes):
            for nats in chain(sizes.positive(), sizes.degenerate() if key[0] else ()):
                here = setting_key(sizes, nats)
                if here[1] > total and not here[0]:
                    if not sizes.families:
                        break
                    continue
                name = (i, str(sorted(nats.items())))
                if here < key:
                    if name not in self.stages:
                        self.stages[name] = Stage(self.goals[i], sizes, nats, f"{self.seed} {name}")
                    found.append(self.stages[name])
                if len(found) >= 60:
                    break
        return sorted((s for s in found if s.net is not None), key=lambda s: s.key)


def _values(net: Network, claim: Claim) -> dict[str, Any]:
    """The values by name: sizes, then letters; those of letters that were never read are zero."""
    found: dict[str, Any] = {}
    for name, value in sorted(net.nats.items()):
        if isinstance(value, int):
            found[name] = value
        else:
            found[name] = {i: value[i] for read, i in sorted(net.entries_read) if read == name}
    filled = zip(net.places, net.filled(), strict=True)
    for (name, index), value in sorted(filled, key=lambda item: (item[0][0], item[0][1] or 0)):
        shown = value if isinstance(value, Map) else rows_of(value)
        if index is None:
            found[name] = shown
        else:
            found.setdefault(name, {})[index] = shown
    for decl in claim.free_variables[0]:
        if decl.name not in found and not decl.indexed:
            found[decl.name] = _unread(net, decl)
    return found


def _unread(net: Network, decl: Decl) -> Any:
    shape = net.size(decl.rows, ()), net.size(decl.cols, ())
    return Map(0, *shape) if decl.domain else rows_of(zeros(*shape))
