"""Question 1, faces: what convolution and attention can reach, exactly and before any training."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.harness import Evidence, Implementation, claim, device_of_run, seed_of_test

from . import face_stimuli
from .face_experiments import RelationalFaces
from .face_stimuli import CELL, CELLS, GRID, SIDE
from .measures import Sample, auc

SEEDS = st.integers(0, 2**32 - 1)

BATCHES = st.sampled_from([(), (1,), (20,), (2, 3), (2, 2), (1, 3, 2), (2, 2, 2), (2, 2, 3), (2, 1, 2, 2)])

LAYERS = st.integers(1, 4).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, min(k, 3))))
"""Width k and stride s of a convolution with s ≤ k: a larger stride leaves out pixels between its windows."""


def patches(image: np.ndarray, patch: int = CELL) -> np.ndarray:
    """The square patches of an image as vectors, row by row from the top left: (h, w) → (patches, patch²)."""
    rows, columns = image.shape[0] // patch, image.shape[1] // patch
    return image.reshape(rows, patch, columns, patch).swapaxes(1, 2).reshape(rows * columns, patch**2)


def assembled(tiles: np.ndarray, patch: int, rows: int) -> np.ndarray:
    """The image whose `patches` are the tiles."""
    columns = len(tiles) // rows
    return tiles.reshape(rows, columns, patch, patch).swapaxes(1, 2).reshape(rows * patch, columns * patch)


def attention_inputs(seed: int, batch: tuple[int, ...], n: int, m: int, scale: float) -> tuple[np.ndarray, ...]:
    """Random queries, keys and values for n and m tokens."""
    rng = np.random.default_rng(seed)
    d, width = rng.integers(1, 9, size=2)
    return scale * rng.normal(size=(*batch, n, d)), rng.normal(size=(*batch, m, d)), rng.normal(size=(*batch, m, width))


def check_attention(impl: Implementation, evidence: Evidence, *inputs: np.ndarray) -> None:
    """Attention of these queries, keys and values is softmax(QKᵀ/√d)V."""
    from scipy.special import softmax

    queries, keys, values = inputs
    logits = np.einsum("...nd,...md->...nm", queries, keys) / queries.shape[-1] ** 0.5
    weights = softmax(logits, axis=-1)
    expected = {"output": np.einsum("...nm,...mv->...nv", weights, values), "weights": weights}
    # The exponential hands a logit's rounding error, some 1e-16 of the largest one, on to the weights.
    tolerance = 1e-14 * max(100.0, float(np.abs(logits).max()))
    evidence.equal(impl.attention.attention(*inputs), expected, "attention, and softmax(QKᵀ/√d)V", tolerance)


@claim("face.convolution-is-local")
@settings(max_examples=40)
@given(
    SEEDS,
    st.integers(1, 9),
    st.sampled_from([(0, 0), (-45, 0), (45, 0), (-47, -47), (47, 47)]),
    st.sampled_from([(4, 3, 8), (24, 3, 8), (2, 9, 12)]),
)
def test_an_output_is_a_filter_times_its_window(impl, evidence, seed, stride, powers, most):
    """Each output is the sum of the products of one filter and one window, not flipped, as scipy correlates them."""
    from scipy.signal import correlate

    rng = np.random.default_rng(seed)
    most_channels, most_filters, largest = most
    b, c, o = rng.integers(1, [6, most_channels + 1, most_filters + 1])
    kernel = rng.integers(1, largest + 1, size=2)
    size = kernel + rng.integers(0, 16, size=2)
    images, filters = rng.integers(-8, 9, (b, c, *size)) / 4, rng.integers(-8, 9, (o, c, *kernel)) / 4
    windows = [[correlate(image, w, mode="valid", method="direct")[0] for w in filters] for image in images]
    expected = np.array(windows)[:, :, ::stride, ::stride]
    pixels, weights = (2.0**power for power in powers)
    response = impl.convolution.convolution(pixels * images, weights * filters, stride)
    largest = max(1.0, float(np.abs(expected).max()))
    evidence.equal(response / pixels / weights / largest, expected / largest, "convolution, and scipy's correlation")


SIZES = {
    "a stride beyond the image": ((1, 1, 3, 3), (1, 1, 2, 2), 7),
    "many channels": ((1, 50, 4, 5), (1, 50, 2, 3), 1),
    "many filters": ((2, 1, 5, 4), (50, 1, 2, 2), 1),
    "many images": ((40, 1, 5, 4), (2, 1, 2, 2), 2),
    "large images": ((1, 2, 90, 80), (3, 2, 3, 5), 1),
    "large filters": ((1, 1, 40, 40), (1, 1, 33, 20), 2),
    "high images": ((1, 2, 600, 5), (2, 2, 3, 4), 1),
    "wide images": ((1, 2, 5, 600), (2, 2, 3, 4), 1),
    "a large stride": ((1, 1, 60, 60), (2, 1, 2, 2), 25),
    "filters of one pixel": ((2, 3, 7, 6), (4, 3, 1, 1), 2),
}
"""Shapes of images and filters, and a stride."""


@claim("face.convolution-is-local")
@pytest.mark.parametrize(("image", "kernel", "stride"), SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("kind", ["whole numbers", "of all sizes"])
def test_images_and_filters_may_be_large_and_many(impl, evidence, image, kernel, stride, kind):
    """So may pixels and weights: integers whose products exceed 64 bits, and small numbers beside large ones."""
    rng = np.random.default_rng(seed_of_test())
    images, filters = rng.normal(size=image), rng.normal(size=kernel)
    if kind == "whole numbers":
        images, filters = np.rint(1e13 * images), np.rint(1e13 * filters)
    else:
        images, filters = images * 2.0 ** rng.integers(-40, 1, image), filters * 2.0 ** rng.integers(-20, 1, kernel)
    windows = np.lib.stride_tricks.sliding_window_view(images, kernel[2:], (2, 3))[:, :, ::stride, ::stride]
    expected, largest = np.einsum("bchwuv,ocuv->bohw", windows, filters), np.abs(images).max() * np.abs(filters).max()
    response = impl.convolution.convolution(images, filters, stride)
    evidence.equal(response / largest, expected / largest, "convolution, and the sum of products", 1e-13)


@claim("face.convolution-is-local")
def test_filters_that_do_not_suit_the_images_are_refused(impl, evidence):
    """Other numbers of channels, filters larger than the images, a stride below 1, NaN and infinity are refused."""
    good = {"images": np.ones((2, 3, 4, 6)), "filters": np.ones((5, 3, 2, 3)), "stride": 1}
    convolve = impl.convolution.convolution
    for channels in (1, 2, 4, 6):
        refuses(evidence, convolve, good, "filters", images=np.ones((2, channels, 4, 6)))
        refuses(evidence, convolve, good, "images", filters=np.ones((5, channels, 2, 3)))
    for height, width in ((5, 3), (2, 7), (9, 9)):
        refuses(evidence, convolve, good, "images", filters=np.ones((5, 3, height, width)))
    for stride in (0, -1):
        refuses(evidence, convolve, good, stride=stride)
    for number in (np.nan, np.inf, -np.inf):
        for name in ("images", "filters"):
            refuses(evidence, convolve, good, **{name: with_one(good[name], number)})


def with_one(array: np.ndarray, number: float) -> np.ndarray:
    """A copy of an array whose last entry is this number."""
    copy = array.copy()
    copy.flat[-1] = number
    return copy


@claim("face.convolution-is-local")
@settings(max_examples=50)
@given(st.lists(LAYERS, min_size=1, max_size=4), st.booleans())
def test_a_stack_sees_as_far_as_the_formula_says(impl, evidence, layers, upright):
    """A unit on top of layers (k, s) moves with 1 + Σ_l (k_l − 1) ∏_{i<l} s_i pixels in a row, and with no others."""
    jumps = [prod(stride for _, stride in layers[:depth]) for depth in range(len(layers) + 1)]
    field = 1 + sum((k - 1) * jump for (k, _), jump in zip(layers, jumps, strict=False))
    # Of as many strips as they have pixels, each has one pixel lit; the second unit from the left is watched.
    pixels = field + jumps[-1]
    strips = np.eye(pixels)[:, None, None, :]
    for k, stride in layers:
        filters = np.ones((1, 1, 1, k))
        if upright:
            strips = impl.convolution.convolution(strips.swapaxes(2, 3), filters.swapaxes(2, 3), stride).swapaxes(2, 3)
        else:
            strips = impl.convolution.convolution(strips, filters, stride)
    evidence.equal(list(strips.shape), [pixels, 1, 1, 2], "shape of the responses to the strips")
    effective = np.flatnonzero(np.abs(strips[:, 0, 0, 1]) > 1e-6)
    evidence.equal(effective, jumps[-1] + np.arange(field), "pixels that move the unit, and the field of the formula")


@claim("face.convolution-is-local", role="boundary")
@settings(max_examples=6)
@given(st.integers(1, 6))
def test_a_deep_stack_sees_the_whole_image(impl, evidence, depth):
    """On top of d layers of 3×3, one unit moves with every pixel of an image of 2d + 1 pixels square."""
    side = 2 * depth + 1
    images = np.eye(side**2).reshape(-1, 1, side, side)
    for _ in range(depth):
        images = impl.convolution.convolution(images, np.ones((1, 1, 3, 3)), 1)
    evidence.true(images.ravel() > 1e-6, "the unit moves with the pixel", depth=depth)


@claim("face.convolution-is-local", role="boundary")
@settings(max_examples=20)
@given(SEEDS, st.integers(1, 8))
def test_a_fully_connected_unit_sees_the_whole_image(impl, evidence, seed, side):
    """A fully connected unit is a filter as large as the image, and moves with every pixel."""
    weights = 1 + np.random.default_rng(seed).random((1, 1, side, side))
    response = impl.convolution.convolution(np.eye(side**2).reshape(-1, 1, side, side), weights, 1)
    evidence.equal(response.ravel(), weights.ravel(), "what lighting each pixel does to the unit, and its weights")


@claim("face.attention-relates-distant-parts")
@settings(max_examples=50)
@given(SEEDS, BATCHES, st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 1, 1000]))
def test_attention_is_the_published_formula(impl, evidence, seed, batch, n, m, scale):
    """The output is softmax(QKᵀ/√d)V over the keys, where the logits are far apart and where they are equal too."""
    check_attention(impl, evidence, *attention_inputs(seed, batch, n, m, scale))


MANY_TOKENS = {
    (1, 700): 64,
    (3, 300): 256,
    (2, 40, 40): 4,
    (3, 130, 130): 64,
    (1000, 3): 1,
    (600, 1): 256,
    (2, 2, 70, 300): 4,
    (2, 2, 70, 70): 4,
    (1, 2, 2, 70, 70): 4,
    (1000, 1000): 64,
}
"""Dimensions of queries and keys, by their numbers."""


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("d", [1, 300])
@pytest.mark.parametrize("width", [1, 100])
def test_attention_is_the_formula_for_vectors_of_any_length(impl, evidence, d, width):
    """Queries, keys and values may have one number, or hundreds."""
    rng = np.random.default_rng(seed_of_test())
    check_attention(impl, evidence, *(rng.normal(size=shape) for shape in ((2, 7, d), (2, 5, d), (2, 5, width))))


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_logits_share_though_others_are_far_below(impl, evidence, sign):
    """Of logits of 10⁶ twice, half less, and -10⁶, the weights are those of 0, 0, -½ and nothing."""
    keys = np.array([[1e6], [-1e6], [1e6 - 0.5], [1e6]]) * sign
    check_attention(impl, evidence, np.array([[1.0], [0.5]]) * sign, keys, np.eye(4))


@claim("face.attention-relates-distant-parts")
def test_small_weights_are_as_exact_as_large_ones(impl, evidence):
    """A weight's logarithm is its logit less that of their sum, down to 1e-300, and outputs are made of all."""
    from scipy.special import log_softmax

    logits = np.random.default_rng(seed_of_test()).permuted(np.tile(-np.arange(690.0, step=10), (6, 1)), axis=1)
    logs = log_softmax(logits, axis=-1)
    queries, keys = np.zeros((6, 1, 4)), np.zeros((6, 69, 4))
    queries[..., 0], keys[..., 0] = 1, 2 * logits
    values = np.eye(69) * np.exp(-logs)[:, None]  # of which the mixture is 1 in each place
    result = impl.attention.attention(queries, keys, values)
    evidence.equal(np.log(np.maximum(result["weights"][:, 0], 1e-320)), logs, "logarithms of weights", 1e-11)
    evidence.equal(result["output"], np.ones((6, 1, 69)), "outputs of values as large as weights are small", 1e-11)


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize(("shape", "d"), MANY_TOKENS.items(), ids=map(str, MANY_TOKENS))
@pytest.mark.parametrize("common", [0, -(2**17), 2**17])
def test_attention_is_the_formula_for_many_tokens_with_large_logits(impl, evidence, shape, d, common):
    """Among hundreds of tokens, a constant added to all logits of a query, up to ±10⁶, changes no weight."""
    rng = np.random.default_rng(seed_of_test())
    *batch, n, m = shape
    # Quarters, and d with a whole root: no logit is rounded, so that all have their differences in full.
    queries, keys = rng.integers(-8, 9, (*batch, n, d)) / 4, common + rng.integers(-8, 9, (*batch, m, d)) / 4
    check_attention(impl, evidence, queries, keys, rng.normal(size=(*batch, m, 3)))


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("scale", [2.0**-30, 2.0**30])
@settings(max_examples=2)
@given(seed=SEEDS)
def test_outputs_are_as_large_as_the_values(impl, evidence, seed, scale):
    """With values a billion times as large, or as small, the outputs are so too, and the weights as before."""
    queries, keys, values = attention_inputs(seed, (2,), 5, 90, 1)
    result = impl.attention.attention(queries, keys, scale * values)
    expected = impl.attention.attention(queries, keys, values)
    evidence.equal(result | {"output": result["output"] / scale}, expected, "attention to scaled values, and unscaled")


@claim("face.attention-relates-distant-parts")
def test_queries_keys_and_values_that_do_not_suit_each_other_are_refused(impl, evidence):
    """Queries and keys of different widths, unequal numbers of keys and values, no keys, NaN, infinity are refused."""
    good = {"queries": np.ones((2, 3)), "keys": np.ones((4, 3)), "values": np.ones((4, 5))}
    attend = impl.attention.attention
    for width in (1, 2, 4):
        refuses(evidence, attend, good, "keys", queries=np.ones((2, width)))
        refuses(evidence, attend, good, "queries", keys=np.ones((4, width)))
    for m in (1, 3, 5):
        refuses(evidence, attend, good, "values", keys=np.ones((m, 3)))
        refuses(evidence, attend, good, "keys", values=np.ones((m, 5)))
    refuses(evidence, attend, good | {"values": np.ones((0, 5))}, "values", keys=np.ones((0, 3)))
    for number in (np.nan, np.inf, -np.inf):
        for name in good:
            refuses(evidence, attend, good, **{name: with_one(good[name], number)})


@claim("face.attention-relates-distant-parts")
@settings(max_examples=50)
@given(SEEDS, st.integers(0, GRID**2 - 1), st.integers(1, CELL))
def test_a_far_patch_moves_attention_everywhere_and_convolution_nowhere(impl, evidence, seed, which, kernel):
    """Brightened by .5, one patch moves all outputs of attention by over .01, and no window that misses it."""
    rng = np.random.default_rng(seed)
    before = rng.random((SIDE, SIDE))
    tiles = patches(before).copy()
    tiles[which] += 0.5
    after = assembled(tiles, CELL, GRID)
    filters = rng.normal(size=(3, 1, kernel, kernel))

    mixed = [impl.attention.attention(x, x, x)["output"] for x in (patches(before), patches(after))]
    moved = np.abs(mixed[1] - mixed[0]).max(axis=1)
    evidence.true(moved > 0.01, "every patch's attention output moves by over .01", least=moved.min())

    responses = [impl.convolution.convolution(image[None, None], filters, 1) for image in (before, after)]
    top, left = CELL * (which // GRID), CELL * (which % GRID)
    starts = np.arange(SIDE - kernel + 1)
    overlap = [(start - kernel < starts) & (starts < start + CELL) for start in (top, left)]
    elsewhere = ~np.logical_and.outer(*overlap)
    shapes = [list(response.shape) for response in responses]
    evidence.equal(shapes, [[1, 3, *elsewhere.shape]] * 2, "shapes of the convolutions")
    evidence.equal(*(response[..., elsewhere] for response in responses), "convolution where windows miss the patch")


@claim("face.links-separated-eyes")
@settings(max_examples=50)
@given(SEEDS, BATCHES, st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 10]))
def test_the_output_is_the_weights_times_the_values(impl, evidence, seed, batch, n, m, scale):
    """The weights are shares, none negative and summing to one, and the values mixed by them are the output."""
    queries, keys, values = attention_inputs(seed, batch, n, m, scale)
    result = impl.attention.attention(queries, keys, values)
    evidence.equal(result["output"], result["weights"] @ values, "output, and weights times values")
    evidence.equal(result["weights"].sum(axis=-1), np.ones((*batch, n)), "sum of each query's weights, and 1")
    evidence.true(result["weights"] >= 0, "no weight is negative")


@claim("face.links-separated-eyes")
@settings(max_examples=50)
@given(SEEDS, st.integers(2, 50))
def test_without_positions_distance_does_not_matter(impl, evidence, seed, n):
    """Moving the tokens to other places moves weights and outputs along and changes none: far is as good as near."""
    inputs = attention_inputs(seed, (), n, n, 1)
    order = np.random.default_rng(seed).permutation(n)
    placed, displaced = (impl.attention.attention(*x) for x in (inputs, [array[order] for array in inputs]))
    evidence.equal(displaced["output"], placed["output"][order], "outputs after moving the tokens")
    evidence.equal(displaced["weights"], placed["weights"][np.ix_(order, order)], "weights after moving the tokens")


@claim("face.scrambled-attention-better", role="control")
@settings(max_examples=50)
@given(SEEDS, st.integers(1, 4), st.integers(2, 4), st.integers(0, 3))
def test_scrambling_moves_whole_blocks_and_every_one(evidence, seed, block, grid, rest):
    """Each block is to be found elsewhere as it was, none in its old place; what is left over at the edges stays."""
    rng = np.random.default_rng(seed)
    rest = min(rest, block - 1)
    side, blocks = block * grid + rest, grid**2
    images = rng.permutation(2 * 3 * side**2).reshape(2, 3, side, side)  # all pixels are different
    moved = face_stimuli.scramble_blocks(images, block, face_stimuli.block_permutation(blocks, rng))
    before, after = (
        [patches(picture[: block * grid, : block * grid], block) for picture in stack.reshape(-1, side, side)]
        for stack in (images, moved)
    )
    from_where = np.array([(new[:, None] == old).all(-1) for old, new in zip(before, after, strict=True)])
    evidence.equal(from_where.sum((1, 2)), np.full(len(before), blocks), "blocks found again, and blocks")
    in_place = np.trace(from_where, axis1=1, axis2=2)
    evidence.equal(in_place, np.zeros_like(in_place), "blocks that stayed in their place, and none")
    evidence.equal(from_where, np.broadcast_to(from_where[0], from_where.shape), "where to, in every image and channel")
    for edge in (np.s_[..., block * grid :], np.s_[..., block * grid :, :]):
        evidence.equal(moved[edge], images[edge], "rows and columns left over, and before")


@claim("face.scrambled-attention-better", role="control")
@settings(max_examples=20)
@given(SEEDS, st.sampled_from(["normal", "scrambled"]))
def test_the_class_of_a_drawn_face_is_whether_its_eyes_match(evidence, seed, layout):
    """In either layout the parts lie where they are said to, and a face is human if its two eyes look the same way."""
    faces = face_stimuli.draw_faces(16, layout, np.random.default_rng(seed))
    tiles = np.array([patches(image[0]) for image in faces.images])  # (n, cells, pixels)
    parts = face_stimuli.parts().reshape(-1, CELL**2)
    drawn = tiles[np.arange(len(tiles))[:, None], faces.cells]  # (n, 4, pixels)
    errors = ((drawn[:, :, None] - parts) ** 2).sum(-1)
    left, right, *others = errors.argmin(-1).T
    evidence.equal(np.stack([left, right], axis=1), faces.directions, "where the eyes look, and are said to look")
    evidence.equal(np.stack(others, axis=1), np.tile([4, 5], (len(tiles), 1)), "the other parts, and nose and mouth")
    evidence.equal(faces.labels, (left == right).astype(int), "classes, and whether the eyes look the same way")
    evidence.equal(int(faces.labels.sum()), len(tiles) // 2, "human faces, and half of all")
    elsewhere = int((np.sort(faces.cells) != np.sort(face_stimuli.NORMAL_CELLS)).any(1).sum())
    evidence.true(elsewhere == 0 if layout == "normal" else elsewhere > 0, "parts out of place", faces=elsewhere)


@claim("face.scrambled-attention-better", role="control")
@pytest.mark.parametrize("size", [2, 3])
def test_faces_of_another_size_and_other_places_are_the_same_enlarged(evidence, size):
    """Of the same random numbers, a larger face is the smaller one enlarged; parts lie where they are asked to."""
    places, chosen = [5, 0, 15, 3], {"noise": 0.0}
    small, large = (
        face_stimuli.draw_faces(8, "normal", np.random.default_rng(seed_of_test()), places=places, size=times, **chosen)
        for times in (1, size)
    )
    evidence.equal(large.images[..., ::size, ::size], small.images, "every so many pixels, and the smaller face")
    evidence.equal(large.images[..., size - 1 :: size, size - 1 :: size], small.images, "their far corners, and it")
    evidence.equal(large.cells, np.tile(places, (8, 1)), "cells of the parts, and those asked for")


@claim("face.scrambled-attention-better", role="control")
def test_jittered_faces_are_moved_and_nothing_else(evidence):
    """Each jittered face is the face moved by no more than it may be, round the edges; all ways of moving occur."""
    faces = face_stimuli.draw_faces(400, "normal", np.random.default_rng(seed_of_test(0)))
    moved, ways = face_stimuli.jittered(faces, 2, np.random.default_rng(seed_of_test(1))), range(-2, 3)
    matches = np.array(
        [
            (np.roll(faces.images, (down, right), axis=(-2, -1)) == moved.images).all((1, 2, 3))
            for down in ways
            for right in ways
        ]
    )
    evidence.equal(matches.sum(0), np.ones(len(faces.labels), dtype=int), "ways in which each face was moved, and 1")
    evidence.true(matches.any(1), "every way of moving occurs")


@claim("face.links-separated-eyes", role="control")
@pytest.mark.parametrize(("size", "patch"), [(1, 4), (1, 2), (1, 8), (2, 8), (2, 4)])
def test_the_patches_of_a_cell_are_those_that_share_its_pixels(impl, evidence, size, patch):
    """Numbering pixels by cell and by patch, each cell's patches are those with which it has a pixel in common."""
    faces = RelationalFaces(impl, [0], device_of_run(), {"size": size, "patch": patch})
    side = SIDE * size
    rows, columns = np.divmod(np.arange(side**2), side)
    cell_of, patch_of = (rows // n * (side // n) + columns // n for n in (CELL * size, patch))
    patches_of = faces.patches_of(np.arange(CELLS))
    for cell in range(CELLS):
        evidence.equal(patches_of[cell], np.unique(patch_of[cell_of == cell]), "patches of a cell, and that share it")
    evidence.equal(faces.patches, len(np.unique(patch_of)), "patches of an image, and counted")


@claim("face.scrambled-attention-better", role="control")
def test_the_area_under_the_curve_is_scikit_learns(evidence):
    """AUC, ties among the scores counted half, is scikit-learn's."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed_of_test())
    scores, labels = rng.integers(0, 9, (5, 40)).astype(float), rng.permuted(np.tile([0, 0, 0, 1], (5, 10)), axis=1)
    expected = np.array([roc_auc_score(*replicate) for replicate in zip(labels, scores, strict=True)])
    evidence.equal(auc(scores, labels), expected, "AUC, and scikit-learn's")


@claim("face.self-attention-is-why", role="control")
def test_networks_without_attention_use_the_budget_too(impl, evidence):
    """The specification's own networks have at least 95 % of the budget that they share with attention, and no more."""
    faces = RelationalFaces(impl, [0], device_of_run())
    blank = Sample(np.zeros((1, 2, 1, SIDE, SIDE), dtype=np.float32), np.array([[0, 1]]))
    for mixing, set_layer in (("identity", 0), ("local", 0), ("uniform", 0), ("identity", 64)):
        networks = faces.fixed_mixing(blank, mixing, set_layer=set_layer, steps=0)
        share = networks.parameter_count / faces.budget["parameters"]
        evidence.true(0.95 <= share <= 1, "the share of the budget that is used", mixing=mixing, share=share)


@claim("face.convolution-poor-on-scrambled", role="boundary")
@settings(max_examples=50)
@given(SEEDS, st.integers(1, 6), st.integers(2, 4))
def test_aligned_local_windows_do_not_notice_scrambling(impl, evidence, seed, block, grid):
    """Windows that coincide with the displaced blocks give the same, pooled over the image, wherever the blocks lie."""
    rng = np.random.default_rng(seed)
    tiles = rng.integers(-8, 9, (grid**2, block**2)) / 4
    images = np.stack([assembled(order, block, grid) for order in (tiles, rng.permutation(tiles))])[:, None]
    filters = rng.integers(-8, 9, (5, 1, block, block)) / 4
    responses = impl.convolution.convolution(images, filters, block)
    for pooling, pooled in (("mean", responses.mean(axis=(2, 3))), ("maximum", responses.max(axis=(2, 3)))):
        evidence.equal(pooled[1], pooled[0], f"{pooling} over the image, scrambled and not")
