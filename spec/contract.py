"""What an implementation offers: one typed Protocol per topic.

An implementation is a package (or a folder) with one module per topic — `metrics.py`, `one_hot.py`, `attention.py`,
`convolution.py`, `classifiers.py`, `gan.py` — or a single `.py` file with all of their functions. A module may be
missing: only the claims that need it fail.

**Plain data in, plain data out.** Every argument and result is `None`, a `bool`, `int`, `float` or `str`, a list or
dict of those, or a NumPy array of bool, int or float; no tensor, callable or generator crosses. The one exception is a
*handle*: an object whose declared methods again take and return plain data (`TrainedClassifiers`). Compute with
whatever you like in between. Arrays handed over are copies: change them as you please.

Array types read `Float[np.ndarray, "n d"]`: a floating-point array of shape (n, d); a name that appears twice means the
same length, and `*batch` stands for any number of leading axes. What comes back is checked against these types, has to
be finite, and is copied before anything is compared. Where the types say `Float64` the claim is exact, so compute in
double precision.

**Bad input** raises a `ValueError` or `TypeError` that names the argument, its value and what was expected.
"""

from typing import Annotated, Literal, Protocol, TypedDict

import numpy as np
from jaxtyping import Bool, Float, Float64, Integer

Labels = Integer[np.ndarray, " n"]
"""One 0 (negative) or 1 (positive) per sample."""


class ConfusionCounts(TypedDict):
    """How many samples were rightly and wrongly called positive (tp, fp), wrongly and rightly negative (fn, tn)."""

    tp: int
    fp: int
    fn: int
    tn: int


class PrecisionRecallCurve(TypedDict):
    """Precision and recall of "positive where score ≥ threshold", for every distinct score, ascending."""

    thresholds: Float64[np.ndarray, " t"]
    precision: Float64[np.ndarray, " t"]
    recall: Float64[np.ndarray, " t"]


class Metrics(Protocol):
    """Binary classification metrics (van Rijsbergen, *Information Retrieval*, 1979, chapter 7).

    The positive class is 1. Where a ratio is 0/0 it is 0.0. Bad input (unequal lengths, labels other than 0 and 1, no
    samples, scores that are not finite) raises `ValueError`.
    """

    def confusion(self, y_true: Labels, y_pred: Labels) -> ConfusionCounts:
        """The four counts of a prediction `y_pred` against the truth `y_true`."""

    def accuracy(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of predictions that are right: (tp + tn) / (tp + fp + fn + tn)."""

    def precision(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of the samples called positive that are: tp / (tp + fp), and 0.0 where nothing was called so."""

    def recall(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of the positive samples that were found: tp / (tp + fn), and 0.0 where there are none."""

    def f1(self, y_true: Labels, y_pred: Labels) -> float:
        """Twice precision times recall over their sum, and 0.0 where both are 0."""

    def cost(self, y_true: Labels, y_pred: Labels, false_positive_cost: float, false_negative_cost: float) -> float:
        """What the errors cost together: false_positive_cost · fp + false_negative_cost · fn; costs are ≥ 0."""

    def classify(self, scores: Float64[np.ndarray, " n"], threshold: float) -> Labels:
        """1 where the score is at least the threshold (≥), else 0."""

    def precision_recall_curve(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> PrecisionRecallCurve:
        """Precision and recall at every distinct score taken as the threshold of `classify`, thresholds ascending."""

    def best_f1_threshold(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> float:
        """The score that, taken as the threshold of `classify`, gives the highest F1; the lowest of equals."""


class OneHot(Protocol):
    """One-hot vectors of tokens."""

    def vocabulary(self, tokens: Annotated[list[str], "n"]) -> list[str]:
        """The distinct tokens, in the order of their first occurrence."""

    def one_hot(
        self, tokens: Annotated[list[str], "n"], vocabulary: Annotated[list[str], "v"]
    ) -> Float[np.ndarray, "n v"]:
        """One row per token: 1 at the token's place in `vocabulary`, 0 elsewhere.

        A token outside the vocabulary, or a vocabulary that repeats a token, raises `ValueError`. Memory grows with
        n · v, not with v².
        """


class AttentionResult(TypedDict):
    """What attention returns: each query's mixture of the values, and the mixing weights, which sum to 1 over keys."""

    output: Float64[np.ndarray, "*batch n dv"]
    weights: Float64[np.ndarray, "*batch n m"]


class Attention(Protocol):
    """Scaled dot-product attention (Vaswani et al., *Attention Is All You Need*, 2017, equation 1)."""

    def attention(
        self,
        queries: Float64[np.ndarray, "*batch n d"],
        keys: Float64[np.ndarray, "*batch m d"],
        values: Float64[np.ndarray, "*batch m dv"],
    ) -> AttentionResult:
        """softmax(Q Kᵀ / √d) V, the softmax taken over the keys."""


class Convolution(Protocol):
    """The convolution of convolutional networks, and the edge filter made of it."""

    def convolution(
        self,
        images: Float64[np.ndarray, "b c h w"],
        filters: Float64[np.ndarray, "o c kh kw"],
        stride: int,
    ) -> Float64[np.ndarray, "b o out_h out_w"]:
        """Slide each filter over each image, without padding and without flipping it (a cross-correlation).

        output[b, o, i, j] = Σ_{c,u,v} images[b, c, i·stride + u, j·stride + v] · filters[o, c, u, v] (Goodfellow et
        al., *Deep Learning*, 2016, equation 9.6), so out_h = ⌊(h − kh) / stride⌋ + 1, and out_w likewise.
        """

    def edge_magnitude(self, images: Float64[np.ndarray, "b h w"]) -> Float64[np.ndarray, "b out_h out_w"]:
        """How strongly each pixel lies on an edge: √(g_x² + g_y²) of Sobel's two filters, without padding.

        The filters are [[1, 0, −1], [2, 0, −2], [1, 0, −1]] and its transpose (Sobel & Feldman, 1968); out_h = h − 2.
        """


class AttentionLayers(TypedDict):
    """What went on inside every attention layer, so that output = weights · values can be recomputed."""

    weights: Float[np.ndarray, "replicates n layers heads patches patches"]
    values: Float[np.ndarray, "replicates n layers heads patches dv"]
    output: Float[np.ndarray, "replicates n layers heads patches dv"]


class TrainedClassifiers(Protocol):
    """A handle on trained classifiers, one per seed. Images are (replicates, n, channels, height, width)."""

    def logits(
        self,
        images: Float[np.ndarray, "replicates n channels height width"],
        attend: Bool[np.ndarray, "patches patches"] | None = None,
    ) -> Float[np.ndarray, "replicates n classes"]:
        """Each replicate's class scores of its own images.

        `attend` (for "attention" only) cuts attention in every layer: where attend[i, j] is False, patch i gives patch
        j the weight 0. Patches count row by row from the top left.
        """

    def features(
        self, images: Float[np.ndarray, "replicates n channels height width"]
    ) -> Float[np.ndarray, "replicates n features"]:
        """What the last, linear layer reads: logits are an affine function of these."""

    def attention_layers(self, images: Float[np.ndarray, "replicates n channels height width"]) -> AttentionLayers:
        """Weights, values and outputs of every attention layer, first layer first (for "attention" only)."""

    def parameters(self) -> dict[str, Float[np.ndarray, "replicates ..."]]:
        """Every trained number, by name."""

    def set_parameters(self, parameters: dict[str, Float[np.ndarray, "replicates ..."]]) -> None:
        """Replace the trained numbers; the same names and shapes as `parameters` returns."""


class Classifiers(Protocol):
    """Small image classifiers, trained from scratch within a budget."""

    def train_classifiers(
        self,
        images: Float[np.ndarray, "replicates n channels height width"],
        labels: Integer[np.ndarray, "replicates n"],
        *,
        architecture: Literal["convolution", "attention"],
        patch_size: int,
        positions: bool,
        classes: int,
        parameter_budget: int,
        steps: int,
        batch_size: int,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> TrainedClassifiers:
        """Train one classifier per seed, each on its own images (pixels about 0 … 1) and labels (0 … classes − 1).

        "convolution" is a convolutional network: convolutions and pooling, then fully connected layers (LeCun et al.,
        1998). It ignores `patch_size` and `positions`. "attention" is a transformer encoder over non-overlapping square
        patches of `patch_size` pixels (Dosovitskiy et al., 2021), with the patches pooled symmetrically before the last
        layer; it knows where a patch lies only if `positions` is true.

        Each network has between 95 % and 100 % of `parameter_budget` parameters, and sees at most `steps` batches of
        `batch_size` of its images. `steps = 0` returns the network as initialised. Within that budget, how training
        goes about it is the implementation's own. Every random choice is a function of the seed: the same seeds give
        the same result, bit for bit, on the same machine.
        """


class Gan(Protocol):
    """Generative adversarial networks (Goodfellow et al., 2014)."""

    def value(
        self,
        real: Float64[np.ndarray, " n"],
        fake: Float64[np.ndarray, " m"],
        real_weights: Float64[np.ndarray, " n"] | None = None,
        fake_weights: Float64[np.ndarray, " m"] | None = None,
    ) -> float:
        """The value of the minimax game (equation 1): V = E[log D(x)] + E[log(1 − D(G(z)))], natural logarithms.

        `real` holds the discriminator's output D(x) for real data, `fake` holds D(G(z)) for generated data:
        probabilities strictly between 0 and 1. The expectations are means, or the sums weighted by `real_weights` and
        `fake_weights` (each ≥ 0, summing to 1 within 1e-9).
        """


TOPICS: dict[str, type] = {
    "metrics": Metrics,
    "one_hot": OneHot,
    "attention": Attention,
    "convolution": Convolution,
    "classifiers": Classifiers,
    "gan": Gan,
}
"""The module an implementation offers for each Protocol."""
