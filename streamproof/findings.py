"""What the chapters guess, found out about a model: sentences with numbers, and pictures of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from numeric.claims.subject import Subject, some
from numeric.functions import Array
from numeric.measures.channels import channels
from numeric.measures.directions import directions
from numeric.measures.erasure import Erasure, erasure
from numeric.measures.heads import Heads, heads
from numeric.measures.neurons import Neurons, neurons
from numeric.measures.streams import Stream, stream
from numeric.measures.subspaces import subspaces
from numeric.paths.composition import composition_scores

from . import plots


@dataclass(frozen=True)
class Figure:
    """A picture, the name of a file for it, and what is to be seen there."""

    name: str
    svg: str
    caption: str


@dataclass(frozen=True)
class Section:
    """Some pictures with what they are about."""

    title: str
    text: str
    figures: tuple[Figure, ...]


def sections(about: Subject) -> list[Section]:
    """All measures, in words and drawn. Raises ModelError where the plotting library is missing."""
    by_layer = [neurons(about, layer) for layer in about.layers]
    ov = [heads(about, layer) for layer in about.layers]
    pairs, shared, along, sets = channels(about), subspaces(about), stream(about), directions(about)
    composed = {kind: composition_scores(about.model, kind) for kind in "QKV"}
    position = len(about.tokens) // 2
    local = [erasure(about, layer, position) for layer in some(about.layers, 6)]
    return [
        Section(
            "Virtual weights",
            "What a later MLP reads of what an earlier one writes is the matrix W_k V_i. Its singular values are the "
            "strengths of its channels (VW-L6d), its rank is their number (VW-C3a), and composition adds what flows "
            "through the layers between (VW-L5a).",
            (
                Figure(
                    "spectra",
                    plots.spectra(pairs),
                    "Singular values of some virtual weights, the strongest channel first.",
                ),
                Figure(
                    "pairs-of-layers",
                    plots.pairs_of_layers(pairs),
                    "For each pair of MLPs: how many channels of equal strength would carry as much, and the norm "
                    "of the virtual weight beside the norms of its factors.",
                ),
            ),
        ),
        Section(
            "Composition of heads",
            composition_text(composed),
            (
                Figure(
                    "head-composition",
                    plots.head_composition(composed),
                    "How much of what one head writes another one reads as queries, keys or values, gains included.",
                ),
            ),
        ),
        Section(
            "Subspaces of heads",
            f"The heads write to {len(shared.overlap)} subspaces of dimension {about.config.d_head}, in a stream of "
            f"width {about.config.d_model}. Two overlap by {shared.mean:.3f} on average, and the mean cannot be below "
            f"{shared.forced:.3f} (TH-20a).",
            (
                Figure(
                    "head-subspaces",
                    plots.head_subspaces(shared),
                    "Overlap of what each two heads write to; 1 is the same subspace.",
                ),
                Figure(
                    "principal-angles",
                    plots.principal_angles(shared),
                    "Cosines near 1 are directions that both heads write to.",
                ),
            ),
        ),
        Section(
            "Memory management by neurons",
            neuron_text(by_layer),
            (
                Figure(
                    "neuron-criteria",
                    plots.neuron_criteria(by_layer),
                    "A neuron that is fully on clears what it reads exactly at -1.",
                ),
            ),
        ),
        Section(
            "Memory management by heads",
            head_text(ov),
            (
                Figure(
                    "ov-eigenvalues",
                    plots.ov_eigenvalues(ov),
                    "Eigenvalues of W_OV of all heads, dark for early layers.",
                ),
            ),
        ),
        Section(
            "Superposition",
            "More directions than dimensions must overlap: the largest cosine is at least Welch's bound (TH-14a).",
            (Figure("coherences", plots.coherences(sets), "How much directions do overlap, and how much they must."),),
        ),
        Section(
            "The stream along its depth",
            f"{stream_text(along)} {erasure_text(local, about.config.d_model)}",
            (
                Figure("growth", plots.growth(along), "Length of the residual stream, and of what each layer writes."),
                Figure(
                    "local-gains",
                    plots.local_gains(local),
                    f"Gains of the local maps of layers at token {position}: below 1 a direction shrinks, at 0 it "
                    "would be erased.",
                ),
            ),
        ),
    ]


def neuron_text(found: Sequence[Neurons]) -> str:
    """How many neurons fulfil the exact criteria, and what the run left of what they read."""
    total = sum(len(n.dot) for n in found)
    below, shrinks, undecided = (sum(getattr(n, x) for n in found) for x in ("below", "shrinks", "undecided"))
    left = np.concatenate([n.left[np.isfinite(n.left)].ravel() for n in found])
    near = float((np.abs(left) < 0.1).mean())
    return (
        f"Of {total} neurons, {below} certainly have w_in · w_out <= -1, so that some slope of their activation clears "
        f"what they read (VW-L11a); {shrinks} certainly lie between -2 and 0, where a slope of 1 shrinks it; "
        f"{undecided} are too close to a bound to tell. In this run a neuron left less than a tenth of what it read "
        f"in {near:.2%} of all cases."
    )


def head_text(found: Sequence[Heads]) -> str:
    """How many heads could clear, and how close the run came to it."""
    total = sum(len(h.eigenvalues) for h in found)
    able = sum(int(h.able.sum()) for h in found)
    closest = min((float(h.closest.min()) for h in found if len(h.closest)), default=np.inf)
    return (
        f"A token that attends to itself with weight A_ii clears an eigenvector of W_OV exactly where A_ii lam = -1, "
        f"which needs lam <= -1 (VW-U10c): {able} of {total} heads certainly have such a real eigenvalue. The "
        f"closest that a token of this run came to clearing one leaves {closest:.3f} of it."
    )


def composition_text(found: Mapping[str, Array]) -> str:
    """The strongest pair of heads of each kind."""
    strongest = []
    for kind, scores in found.items():
        i, h, k, g = np.unravel_index(int(scores.argmax()), scores.shape)
        strongest.append(f"{kind} {scores[i, h, k, g]:.2f} (head {i}.{h} to head {k}.{g})")
    return (
        "The composition score of two heads is the norm of the product of their circuits beside the product of the "
        f"norms. The strongest: {', '.join(strongest)}."
    )


def erasure_text(found: Sequence[Erasure], d: int) -> str:
    """How many dimensions layers could erase, and how many they do to first order at a token."""
    least = min(min(e.attention[-1], e.mlp[-1]) for e in found)
    tenth = max(int((e.mlp < 0.1).sum()) for e in found)
    return (
        f"A layer can erase as many dimensions as what it adds has rank (VW-T1f): {found[0].attention_rank} of {d} by "
        f"attention, {found[0].mlp_rank} by an MLP. At the token that was looked at it erases none to first order: the "
        f"smallest gain is {least:.2g}, and an MLP takes {tenth} directions at most to less than a tenth."
    )


def stream_text(found: Stream) -> str:
    """Growth, and what norms on the stream do to sums."""
    grown = float(np.median(found.norms[-1]) / np.median(found.norms[0]))
    if not len(found.scales):
        return (
            f"No norm stands on the stream, so that it is a sum of all that was written (RS-T1). Its length grows by a "
            f"factor of {grown:.1f}."
        )
    spread = float(np.median(found.scales.max(axis=1) / found.scales.min(axis=1)))
    low, high = found.share[-1].min(), found.share[-1].max()
    return (
        f"{len(found.scales)} norms stand on the stream, each of which forgets {found.forgotten} dimensions to first "
        f"order (TH-22e) and divides all that was written before it by a scale that differs between tokens, "
        f"typically by a factor of {spread:.2f}. At the end the embedding has been multiplied by {low:.3g} to "
        f"{high:.3g}, depending on the token: that is how far this stream is from being one linear map of what was "
        "written into it."
    )
