"""Question 1, cats: the edge-filtered picture, and the colours it lacks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spec.harness import claim

# Sixteenths: sums of their products are exact, so that rounding hides nothing.
SIXTEENTHS = st.integers(-64, 64).map(lambda n: n / 16)
PICTURES = hnp.arrays(np.int8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=8)).map(lambda x: x / 16)
COLOUR_FILTERS = hnp.arrays(np.int8, (2, 3, 3, 3)).map(lambda w: w / 16)


def cat_photo() -> np.ndarray:
    """scikit-image's photo of the cat Chelsea, every third pixel: (100, 151, 3), 0 … 1."""
    from skimage.data import chelsea

    return chelsea()[::3, ::3] / 255


def as_colour(picture: np.ndarray) -> np.ndarray:
    """A grey picture as an image whose red, green and blue are equal: (h, w) → (1, 3, h, w)."""
    return np.broadcast_to(picture, (1, 3, *picture.shape)).copy()


def chromatic(filters: np.ndarray) -> np.ndarray:
    """What is left of filters (o, 3, kh, kw) without their mean over the colours."""
    return filters - filters.mean(axis=1, keepdims=True)


@claim("cat.edge-image")
@settings(max_examples=50)
@given(PICTURES, SIXTEENTHS)
def test_the_edge_filter_ignores_a_constant(impl, evidence, picture, constant):
    """A constant added to a picture changes nothing, S(x + c) = S(x), and a flat picture has no edges."""
    edges, brighter, flat = impl.convolution.edge_magnitude(
        np.stack([picture, picture + constant, np.full(picture.shape, constant)])
    )
    evidence.equal(brighter, edges, "S(x + c), and S(x)")
    evidence.equal(flat, np.zeros(flat.shape), "S of a flat picture, and 0")


@claim("cat.edge-image")
@settings(max_examples=50)
@given(st.integers(3, 12), st.integers(1, 11), SIXTEENTHS)
def test_a_step_is_found_where_it_is(impl, evidence, side, column, height):
    """A step of height h is answered by 4|h| where the window straddles it, upright or lying, and by 0 elsewhere."""
    step = np.where(np.arange(side) < column, 0.0, height) * np.ones((side, 1))
    expected = np.zeros((side - 2, side - 2))
    straddling = [left for left in (column - 2, column - 1) if 0 <= left < side - 2 and column < side]
    expected[:, straddling] = 4 * abs(height)
    upright, lying = impl.convolution.edge_magnitude(np.stack([step, step.T]))
    evidence.equal(upright, expected, "S of an upright step, and 4|h| at the step")
    evidence.equal(lying, expected.T, "S of a lying step, and 4|h| at the step")


@claim("cat.edge-image")
def test_the_cats_edges_are_those_of_scipy(impl, evidence):
    """On the cat's photo the edge magnitude is that of scipy's Sobel filters, whatever constant is added."""
    from scipy.ndimage import sobel

    grey = cat_photo().mean(axis=2)
    expected = np.hypot(sobel(grey, axis=0), sobel(grey, axis=1))[1:-1, 1:-1]
    edges, brighter = impl.convolution.edge_magnitude(np.stack([grey, grey + 0.25]))
    evidence.equal(edges, expected, "edges of the cat, and scipy's")
    evidence.equal(brighter, edges, "edges of the brighter cat, and of the cat")


@claim("cat.edges-lack-colour")
@settings(max_examples=50)
@given(PICTURES, COLOUR_FILTERS)
def test_on_grey_the_chromatic_part_of_a_filter_does_nothing(impl, evidence, picture, filters):
    """Where red, green and blue are equal, a filter acts as its mean over the colours, and the rest contributes 0."""
    from scipy.signal import correlate2d

    image = as_colour(picture)
    whole, rest = (impl.convolution.convolution(image, w, 1)[0] for w in (filters, chromatic(filters)))
    expected = np.stack([correlate2d(picture, 3 * w.mean(axis=0), mode="valid") for w in filters])
    evidence.equal(whole, expected, "response, and that of the mean over the colours")
    evidence.equal(rest, np.zeros(rest.shape), "response of the chromatic part, and 0")


def response_energies(impl, image: np.ndarray) -> tuple[float, float]:
    """Mean square response of 16 random filters to an image: of their chromatic parts, and of the whole filters."""
    filters = np.random.default_rng(0).normal(size=(16, 3, 3, 3))
    part, whole = (np.mean(impl.convolution.convolution(image, w, 1) ** 2) for w in (chromatic(filters), filters))
    return float(part), float(whole)


@claim("cat.edges-lack-colour")
def test_the_cats_edges_leave_chromatic_filters_cold(impl, evidence):
    """Random filters respond to the cat's edge picture, and their chromatic parts do not."""
    edges = impl.convolution.edge_magnitude(cat_photo().mean(axis=2)[np.newaxis])[0]
    part, whole = response_energies(impl, as_colour(edges))
    evidence.true(whole > 0, "the whole filters respond to the edges", energy=whole)
    evidence.equal(part, 0.0, "energy of the chromatic parts' response to the edges, and 0")


@claim("cat.edges-lack-colour", role="control")
def test_the_colour_photo_does_not(impl, evidence):
    """The chromatic parts of the same filters respond to the colour photo, by more than a hundredth of the energy."""
    part, whole = response_energies(impl, cat_photo().transpose(2, 0, 1)[np.newaxis])
    evidence.true(part > 0.01 * whole, "energy of the chromatic parts above .01 of all", part=part, whole=whole)
