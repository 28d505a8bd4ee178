"""What is drawn of a model is what it claims to be: each measure beside the same thing computed plainly."""

from __future__ import annotations

import numpy as np
import pytest

from numeric.claims.subject import Subject
from numeric.functions import ACTIVATIONS
from numeric.measures.channels import channels
from numeric.measures.directions import overlaps
from numeric.measures.erasure import SLOPES, erasure, mlp_jacobian, norm_jacobian
from numeric.measures.heads import heads
from numeric.measures.neurons import neurons
from numeric.measures.streams import stream
from numeric.measures.subspaces import subspaces
from numeric.transformer import nothing

from .conftest import ARCHITECTURES, tiny_subject

EVERY = pytest.mark.parametrize("name", ARCHITECTURES)


def subject(name: str) -> Subject:
    return tiny_subject(**ARCHITECTURES[name], scale=0.6)


@EVERY
def test_neurons_are_counted_by_their_criteria(name: str) -> None:
    """Certain counts agree with the plain numbers where these are far from the bounds; the gain is part of the read."""
    about = subject(name)
    for layer in about.layers:
        found = neurons(about, layer)
        p, at = about.model.parameters, f"blocks.{layer}"
        gain = p[f"{at}.ln2.w"] if about.config.residual == "pre" else 1.0
        dot = np.einsum("dm,md->m", p[f"{at}.mlp.W_in"] * np.reshape(gain, (-1, 1)), p[f"{at}.mlp.W_out"])
        assert np.allclose(found.dot, dot, atol=1e-12)
        assert (found.below, found.undecided) == ((dot <= -1).sum(), 0)
        assert found.shrinks == ((dot > -2) & (dot < 0)).sum()
        assert np.abs(found.cosine).max() <= 1 + 1e-12


def test_what_a_neuron_leaves_is_what_the_run_shows() -> None:
    """Along what a post-norm neuron reads, its own write changes the stream by the factor 1 + slope w_in . w_out."""
    about = subject("bert")
    found, at = neurons(about, 1), "blocks.1"
    p, trace = about.model.parameters, about.trace
    read, write = p[f"{at}.mlp.W_in"], p[f"{at}.mlp.W_out"]
    z, h = trace[f"{at}.mlp.hook_pre"][2], trace[f"{at}.mlp.hook_post"][2]
    for m in range(4):
        assert np.isclose(z[m] + h[m] * (read[:, m] @ write[m]), found.left[2, m] * z[m])


@EVERY
def test_eigenvalues_are_those_of_the_whole_circuit(name: str) -> None:
    """The small core has the eigenvalues of W_OV that are not forced to be 0, and `able` is what they say."""
    about = subject(name)
    found = heads(about, 1)
    gain = about.model.parameters["blocks.1.ln1.w"] if about.config.residual == "pre" else np.ones(16)
    for h in about.heads:
        whole = np.linalg.eigvals(about.ov(1, h).mid * gain)
        largest = sorted(whole, key=abs)[-about.config.d_head :]
        assert np.allclose(np.sort_complex(largest), np.sort_complex(found.eigenvalues[h]), atol=1e-10)
        real = found.eigenvalues[h].real[found.eigenvalues[h].imag == 0]
        assert found.able[h] == bool((real <= -1).any())


@EVERY
def test_channels_are_those_of_the_product(name: str) -> None:
    """Norms, effective dimensions and spectra from Gram matrices and cores are those of W_k V_i written out."""
    about = subject(name)
    found = channels(about)
    for (i, k), spectrum in found.spectra.items():
        values = np.linalg.svd(about.read(k).mid @ about.write(i).mid, compute_uv=False)
        assert np.allclose(values[: len(spectrum)], spectrum) and np.allclose(values[len(spectrum) :], 0)
        assert np.isclose(found.norm[i, k], np.sqrt((values**2).sum()))
        assert np.isclose(found.effective[i, k], (values**2).sum() ** 2 / (values**4).sum())
        assert 0 < found.score[i, k] <= 1
    assert np.isnan(found.norm[2, 1]) and np.isnan(found.norm[1, 1])


@EVERY
def test_overlaps_of_subspaces_obey_their_bound(name: str) -> None:
    """The mean overlap is not below what is forced, and a head overlaps with itself by 1."""
    found = subspaces(subject(name))
    assert np.allclose(np.diagonal(found.overlap), 1)
    assert found.forced > 0 and found.mean >= found.forced - 1e-12
    assert found.overlap.min() >= -1e-12 and found.overlap.max() <= 1 + 1e-12


def test_overlaps_of_directions() -> None:
    """Three directions in a plane: their coherence is Welch's bound exactly, and what is 0 is no direction."""
    mercedes = np.array([[1.0, 0.0], [-0.5, np.sqrt(0.75)], [-0.5, -np.sqrt(0.75)], [0.0, 0.0]])
    found = overlaps("three", mercedes)
    assert (found.count, round(found.largest, 12), round(found.welch, 12)) == (3, 0.5, 0.5)
    assert np.isclose(found.mean_square, 0.25)


@EVERY
def test_streams_have_the_norms_that_stand_on_them(name: str) -> None:
    """Pre-norm streams have no scale on them and keep all of the embedding; post-norm ones have two a layer, and the
    block as printed three."""
    about = subject(name)
    found = stream(about)
    assert found.norms.shape == (5, 5) and found.attention.shape == found.mlp.shape == (4, 5)
    on_it = {"post": 8, "pre": 0, "pre-as-printed": 12}[about.config.residual]
    assert len(found.scales) == on_it
    assert (found.share[-1] == 1).all() == (on_it == 0)


@EVERY
def test_local_maps_are_derivatives(name: str) -> None:
    """The Jacobians of MLPs and norms agree with differences of the model's own functions."""
    about = subject(name)
    model, step = about.model, 1e-6
    pre = about.config.residual == "pre"
    read = about.trace["blocks.1.hook_resid_mid" if pre else "blocks.1.hook_normalized_resid_mid"][2]
    if about.config.residual == "pre-as-printed":
        read = about.trace["blocks.1.hook_normalized_resid_mid"][2]
    if pre:
        moved = [model._norm("blocks.1.ln2", (read + step * e)[None], nothing)[0] for e in np.eye(16)]
        back = [model._norm("blocks.1.ln2", (read - step * e)[None], nothing)[0] for e in np.eye(16)]
        numbers = (np.array(moved) - np.array(back)).T / (2 * step)
        assert np.allclose(norm_jacobian(about, "blocks.1.ln2", 1, 2), numbers, atol=1e-6)
        read = model._norm("blocks.1.ln2", read[None], nothing)[0]
    numbers = np.array(
        [
            model._mlp(1, (read + step * e)[None], nothing)[0] - model._mlp(1, (read - step * e)[None], nothing)[0]
            for e in np.eye(16)
        ]
    ).T / (2 * step)
    assert np.allclose(mlp_jacobian(about, 1, 2), numbers, atol=1e-5)
    found = erasure(about, 1, 2)
    assert len(found.attention) == len(found.mlp) == 16 and found.attention[-1] > 0


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_derivatives(name: str) -> None:
    """The slope of each activation, away from the corner of ReLU."""
    z, step = np.array([-3.0, -0.5, 0.1, 2.0]), 1e-6
    numbers = (ACTIVATIONS[name](z + step) - ACTIVATIONS[name](z - step)) / (2 * step)
    assert np.allclose(SLOPES[name](z), numbers, atol=1e-6)
