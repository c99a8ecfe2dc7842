"""Question 1, cats: what can be said exactly, before any training, of edges, colours, parts and relations."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spec.common.laws import refuses
from spec.harness import claim, device_of_run, seed_of_test

from . import cat_stimuli, face_stimuli
from .cat_experiments import CatPictures, DistantMarks
from .cat_stimuli import DISTANCES, STRIP_HEIGHT, STRIP_WIDTH, VERSIONS, as_colour, cat_photo, draw_animals, draw_strips
from .face_experiments import RealFaces, RelationalFaces
from .measures import Sample, chromatic, parameter_count

# Sixteenths: sums of their products are exact, so that rounding hides nothing.
SIXTEENTHS = st.integers(-64, 64).map(lambda n: n / 16)
PICTURES = hnp.arrays(np.int8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=8)).map(lambda x: x / 16)
SEEDS = st.integers(0, 2**32 - 1)
COLOUR_FILTERS = hnp.arrays(np.int8, (2, 3, 3, 3)).map(lambda w: w / 16)


@claim("cat.edge-image")
@settings(max_examples=50)
@given(PICTURES, SIXTEENTHS)
def test_the_edge_filter_ignores_a_constant(impl, evidence, picture, constant):
    """A constant added to a picture changes nothing, S(x + c) = S(x), and a flat picture has no edges."""
    pictures = np.stack([picture, picture + constant, np.full(picture.shape, constant)])
    edges, brighter, flat = impl.convolution.edge_magnitude(pictures)
    evidence.equal(brighter, edges, "S(x + c), and S(x)")
    evidence.equal(flat, np.zeros(flat.shape), "S of a flat picture, and 0")


@claim("cat.edge-image")
def test_each_of_many_pictures_has_its_own_edges(impl, evidence):
    """Of 85 pictures each has the edges that it has alone."""
    pictures = np.random.default_rng(seed_of_test()).normal(size=(85, 5, 6))
    alone = np.concatenate([impl.convolution.edge_magnitude(picture[None]) for picture in pictures])
    evidence.equal(impl.convolution.edge_magnitude(pictures), alone, "edges of many pictures, and of each alone")


@claim("cat.edge-image")
@settings(max_examples=50)
@given(st.integers(3, 12), st.integers(1, 11), SIXTEENTHS)
def test_a_step_is_found_where_it_is(impl, evidence, side, column, height):
    """The response to a step of height h, vertical or horizontal, is 4|h| where the window straddles it, else 0."""
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


@claim("cat.edge-image")
@settings(max_examples=20)
@given(SEEDS, st.sampled_from([1.0, -1.0, 2.0**-45, 2.0**45, -(2.0**10)]))
def test_edges_are_as_strong_as_the_picture(impl, evidence, seed, scale):
    """S(s · x) = |s| · S(x), and S is scipy's, for pictures of any shape and sign, tiny or huge, in part flat."""
    from scipy.ndimage import sobel

    rng = np.random.default_rng(seed)
    pictures = rng.integers(-64, 65, (rng.integers(1, 4), *rng.integers(3, 30, size=2))) / 16
    pictures[:, :3, :3] = pictures[:, :1, :1]
    expected = np.array([np.hypot(sobel(x, axis=0), sobel(x, axis=1))[1:-1, 1:-1] for x in pictures])
    edges = impl.convolution.edge_magnitude(scale * pictures) / abs(scale)
    evidence.equal(edges, expected, "S(s · x) / |s|, and scipy's S(x)")


@claim("cat.edge-image")
def test_faint_edges_are_found_beside_strong_ones(impl, evidence):
    """In a picture one half of which is a millionth as strong as the other, every edge is scipy's."""
    from scipy.ndimage import sobel

    picture = np.random.default_rng(seed_of_test()).normal(size=(20, 30))
    picture[:, 15:] *= 2.0**-20
    expected = np.hypot(sobel(picture, axis=0), sobel(picture, axis=1))[None, 1:-1, 1:-1]
    evidence.equal(impl.convolution.edge_magnitude(picture[None]), expected, "edges, and scipy's", 1e-13)


@claim("cat.edge-image")
def test_a_picture_without_edges_to_speak_of_is_refused(impl, evidence):
    """Pictures lower or narrower than the filter, NaN and infinity are refused."""
    good = {"images": np.ones((2, 4, 5))}
    for shape in ((2, 2, 5), (2, 4, 2), (1, 1, 1)):
        refuses(evidence, impl.convolution.edge_magnitude, good, images=np.ones(shape))
    for number in (np.nan, np.inf, -np.inf):
        images = good["images"].copy()
        images[1, 3, 4] = number
        refuses(evidence, impl.convolution.edge_magnitude, good, images=images)


@claim("cat.edges-lack-colour")
@settings(max_examples=50)
@given(PICTURES, COLOUR_FILTERS)
def test_on_grey_the_chromatic_part_of_a_filter_does_nothing(impl, evidence, picture, filters):
    """Where red, green and blue are equal, a filter acts as its mean over the colours, and the rest contributes 0."""
    from scipy.signal import correlate2d

    image = as_colour(picture)[np.newaxis]
    whole, rest = (impl.convolution.convolution(image, w, 1)[0] for w in (filters, chromatic(filters)))
    expected = np.stack([correlate2d(picture, 3 * w.mean(axis=0), mode="valid") for w in filters])
    evidence.equal(whole, expected, "response, and that of the mean over the colours")
    evidence.equal(rest, np.zeros(rest.shape), "response of the chromatic part, and 0")


def response_energies(impl, image: np.ndarray) -> tuple[float, float]:
    """Mean square response of 64 random filters to an image: of their chromatic parts, and of the whole filters."""
    filters = np.random.default_rng(seed_of_test()).normal(size=(64, 3, 3, 3))
    part, whole = (np.mean(impl.convolution.convolution(image, w, 1) ** 2) for w in (chromatic(filters), filters))
    return float(part), float(whole)


@claim("cat.edges-lack-colour")
def test_the_cats_edges_leave_chromatic_filters_cold(impl, evidence):
    """Random filters respond to the cat's edge picture, and their chromatic parts do not."""
    edges = impl.convolution.edge_magnitude(cat_photo().mean(axis=2)[np.newaxis])[0]
    part, whole = response_energies(impl, as_colour(edges)[np.newaxis])
    evidence.true(whole > 0, "the whole filters respond to the edges", energy=whole)
    evidence.equal(part, 0.0, "energy of the chromatic parts' response to the edges, and 0")


@claim("cat.edges-lack-colour", role="control")
def test_the_colour_photo_does_not(impl, evidence):
    """The chromatic parts of the same filters respond to the colour photo, by more than a hundredth of the energy."""
    part, whole = response_energies(impl, cat_photo().transpose(2, 0, 1)[np.newaxis])
    evidence.true(part > 0.01 * whole, "energy of the chromatic parts above .01 of all", part=part, whole=whole)


@claim("cat.parts-are-found")
@settings(max_examples=50)
@given(SEEDS, st.integers(0, 3), st.integers(0, 3))
def test_convolution_commutes_with_shifts(impl, evidence, seed, down, right):
    """Away from the border the response to a shifted image is the shifted response: a part is found wherever it is."""
    rng = np.random.default_rng(seed)
    canvas, filters = rng.integers(-8, 9, (2, 3, 12, 12)) / 4, rng.integers(-8, 9, (4, 3, 3, 2)) / 4
    here, there = canvas[..., :9, :9], canvas[..., down : down + 9, right : right + 9]
    response, shifted = (impl.convolution.convolution(images, filters, 1) for images in (here, there))
    inside = response[..., down:, right:]
    shifted = shifted[..., : inside.shape[2], : inside.shape[3]]
    evidence.equal(shifted, inside, "response to the shifted image, and the shifted one")


@claim("cat.parts-are-found")
@settings(max_examples=50)
@given(SEEDS, st.integers(0, 7), st.integers(0, 6))
def test_a_filter_shaped_like_a_part_finds_it(impl, evidence, seed, row, column):
    """On a flat picture a filter like a part answers most, ‖part‖², exactly where the part is, and less elsewhere."""
    part = np.random.default_rng(seed).integers(-8, 9, (3, 3, 4)) / 4
    part[0, 0, 0] = 3  # no two shifts of a part that is largest in one corner are alike
    picture = np.zeros((1, 3, 10, 10))
    picture[0, :, row : row + 3, column : column + 4] = part
    response = impl.convolution.convolution(picture, part[np.newaxis], 1)
    evidence.equal(list(response.shape), [1, 1, 8, 7], "shape of the response")
    response, expected = response[0, 0], np.zeros((8, 7), dtype=bool)
    expected[row, column] = True
    evidence.equal(response.max(), (part**2).sum(), "largest response, and ‖part‖²")
    evidence.equal(response == response.max(), expected, "where the response is largest, and where the part is")


@claim("cat.missing-colour-is-why", role="boundary")
@settings(max_examples=20)
@given(SEEDS)
def test_where_colour_alone_tells_edges_tell_nothing(evidence, seed):
    """Of two animals that differ in their colour only, ginger and blue, the edge pictures are the same to rounding."""
    twins = [draw_animals(4, agrees, 1, np.random.default_rng(seed)).images.astype(np.float64) for agrees in (1, 0)]
    evidence.true(np.abs(twins[0] - twins[1]).max((1, 2, 3)) > 0.1, "the twins differ in colour")
    for version in ("grey", "sobel"):
        # The pictures are drawn in single precision, and Sobel's edges are divided by the strongest.
        evidence.equal(*map(VERSIONS[version], twins), f"{version} pictures of the twins", 1e-5)


@claim("cat.convolution-drops-on-edges", role="control")
@settings(max_examples=20)
@given(SEEDS, SIXTEENTHS)
def test_edge_pictures_hold_no_intensities(evidence, seed, constant):
    """A brighter picture has the same edges, and so has its negative: edges do not show which side is brighter."""
    pictures = draw_animals(4, 1, 1, np.random.default_rng(seed)).images.astype(np.float64)
    for version in ("sobel", "canny"):
        edges, brighter, negative = map(VERSIONS[version], (pictures, pictures + constant, -pictures))
        evidence.true(edges.max((1, 2, 3)) == 1, f"{version} finds edges")
        # Adding a constant rounds pixels to 1e-15; Canny's edges are 0 or 1, and none turns on that.
        evidence.equal(brighter, edges, f"{version} edges of brighter pictures, and of the pictures", 1e-9)
        evidence.equal(negative, edges, f"{version} edges of negatives, and of the pictures", 1e-9)


@claim("cat.missing-colour-is-why", role="control")
@settings(max_examples=20)
@given(SEEDS, st.permutations(range(3)))
def test_grey_and_edges_are_made_of_all_colours_alike(evidence, seed, order):
    """Which channel is which colour does not matter to grey and edge pictures, and in these all three are equal."""
    pictures = draw_animals(4, 1, 1, np.random.default_rng(seed)).images.astype(np.float64)
    for version in ("grey", "sobel", "canny"):
        made, other = map(VERSIONS[version], (pictures, pictures[:, order]))
        # Another order of a sum rounds pixels to 1e-16; Canny's edges are 0 or 1, and none turns on that.
        evidence.equal(other, made, f"{version} with the colours in another order, and in theirs", 1e-9)
        evidence.equal(made, np.repeat(made[:, :1], 3, axis=1), f"the three channels of {version}, and the first")


@claim("cat.attention-as-good-on-colour", role="control")
@pytest.mark.parametrize(
    ("experiment", "shape"),
    [
        (CatPictures, (3, cat_stimuli.SIDE, cat_stimuli.SIDE)),
        (DistantMarks, (1, STRIP_HEIGHT, STRIP_WIDTH)),
        (RelationalFaces, (1, face_stimuli.SIDE, face_stimuli.SIDE)),
        (RealFaces, (1, face_stimuli.PHOTO_SIDE, face_stimuli.PHOTO_SIDE)),
    ],
    ids=["cats", "strips", "drawn faces", "photos"],
)
def test_both_architectures_use_the_budget(impl, evidence, experiment, shape):
    """At every size of image that is learned from, each network has between 95 % and 100 % of the parameters it may."""
    one_replicate = experiment(impl, [0], device_of_run())
    blank = Sample(np.zeros((1, 16, *shape), dtype=np.float32), np.arange(16)[np.newaxis] % 2)
    for architecture, positions in (("convolution", False), ("attention", False), ("attention", True)):
        if architecture == "convolution" and experiment is DistantMarks:
            continue  # only the specification's own networks learn its strips, which are too low to be pooled twice
        untrained = one_replicate.classifiers(blank, architecture, positions=positions, steps=0)
        share = parameter_count(untrained) / one_replicate.budget["parameters"]
        within = 0.95 <= share <= 1
        evidence.true(within, "the share of the budget that is used", architecture=architecture, share=share)


@claim("cat.attention-learns-complex-patterns", role="control")
@pytest.mark.parametrize(("n", "share_at_most"), [(2, 3 / 4), (face_stimuli.DIRECTIONS, 2 / 3)])
def test_no_sum_of_patch_scores_gets_far(evidence, n, share_at_most):
    """Scores of eyes that look n ways, added up, tell alike from different in at most 3/4, or 2/3, of the faces."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    left, right = (side.ravel() for side in np.indices((n, n)))
    same, pairs = left == right, np.arange(n * n)
    share = np.where(same, 1 / (2 * n), 1 / (2 * n * (n - 1)))  # of all faces that have this pair of eyes
    # Unknown: whether each pair is told rightly, then the score of each eye. A pair that is scores 1 or more in all if
    # the eyes are alike, and −1 or less if not.
    sign, large = np.where(same, 1, -1), 100
    rows = np.zeros((n * n, n * n + n))
    rows[pairs, pairs] = -large
    rows[pairs, n * n + left] += sign
    rows[pairs, n * n + right] += sign
    best = milp(
        np.concatenate([-share, np.zeros(n)]),
        constraints=LinearConstraint(rows, lb=1 - large),
        integrality=np.repeat([1, 0], [n * n, n]),
        bounds=Bounds(np.repeat([0, -20], [n * n, n]), np.repeat([1, 20], [n * n, n])),
    )
    evidence.equal(-best.fun, share_at_most, "accuracy of the best sum of patch scores", tolerance=1e-6)


def windows(strip: np.ndarray, height: int, width: int) -> tuple[bytes, ...]:
    """Every window of a strip (2, 44) whose ends meet, sorted."""
    closed = np.concatenate([strip, strip[:, : width - 1]], axis=1)
    every = np.lib.stride_tricks.sliding_window_view(closed, (height, width))
    return tuple(sorted(window.tobytes() for row in every for window in row))


@claim("cat.patterns-need-not-be-local", role="control")
@pytest.mark.parametrize("distance", DISTANCES)
def test_no_window_smaller_than_the_pair_tells(evidence, distance):
    """All strips of both classes have the same windows of every size up to the distance; one column more, and not."""
    clean = draw_strips(64, distance, np.random.default_rng(seed_of_test()), noise=0)
    evidence.true(np.isin([0, 1], clean.labels), "both classes are there")
    classes = [clean.images[clean.labels == label, 0] for label in (0, 1)]
    for height, width in product(range(1, STRIP_HEIGHT + 1), range(1, distance + 2)):
        differ, match = ({windows(strip, height, width) for strip in strips} for strips in classes)
        if width <= distance:
            same = differ == match and len(differ) == 1
            evidence.true(same, "all strips have the same windows", width=width)
        else:
            evidence.true(differ.isdisjoint(match), "strips of the two classes differ in windows", width=width)
