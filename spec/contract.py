"""What an implementation offers: one typed Protocol per topic.

An implementation is a package (or a folder) with one module per topic — `metrics.py`, `one_hot.py`, `attention.py`,
`convolution.py`, `classifiers.py`, `rotation.py`, `skip_gram.py`, `search.py`, `gan.py` — or a single `.py` file with
all of their functions. A module may be missing: only the claims that need it fail.

**Plain data in, plain data out.** Every argument and result is `None`, a `bool`, `int`, `float` or `str`, a list or
dict of those, or a NumPy array of bool, int or float; no tensor, callable or generator crosses. The one exception is a
*handle*: an object whose declared methods again take and return plain data, such as `TrainedClassifiers`. Compute with
any library in between. Arrays are passed as copies: you may change them.

Array types read `Float[np.ndarray, "n d"]`: a floating-point array of shape (n, d); a name that appears twice means the
same length, a number is a fixed length, and `*batch` stands for any number of leading axes. Every result is checked
against these types, has to be finite, and is copied before anything is compared. Where the types say `Float64` the
claim is exact, so compute in double precision; where they say `Float`, in single precision or better. Integers may have
any width. Integers are passed as int64, floats as float64 where the type says so and else as float32, and in realistic
sizes: thousands of samples, hundreds of classes, counts in the millions.

**Bad input** raises a `ValueError` or `TypeError` that names the argument, its value and what was expected. Each
function lists, after "Refused", which input is bad; no other bad input is tested.

**Seeds** are whole numbers from 0 to 2³² − 1, one per replicate. Every random number is a function of its replicate's
seed: the same call gives the same result, bit for bit, on the same machine; any other seed gives other numbers; and
whichever other replicates are in the call, in whatever order, change a replicate's numbers by rounding at most.

**Handles** keep no state between queries: the result for a sample does not depend on earlier calls or on the other
samples of the call (networks are in evaluation mode: without dropout, without batch statistics). `parameters` holds
every number that the results depend on, so that `set_parameters` with another handle's `parameters` makes both return
the same results.

**Learners** (functions that train) get all that they need as arguments. Samples arrive ready to train on: standardised,
so that numbers are about 0 on average and about 1 in size. `learning_rate` is one at which Adam (Kingma & Ba, 2015),
constant or falling, learns the task within its `steps` of `batch_size` samples, with some margin for other optimisers;
unless a function says more, you choose optimiser, initialisation and schedule. Whatever you choose, a network changes
less in the same number of steps at a hundredth of the rate. What each claim asks for (sizes, parameters, steps, rates)
is printed by `claims show ID`, and is in the stubs that `claims new` writes.
"""

from typing import Annotated, Any, Literal, Protocol, TypedDict

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

    The positive class is 1. Any labels are valid: none positive, all positive, a single sample, millions of them. Where
    a ratio is 0/0 it is 0.0. Counts are exact; accuracy, precision, recall and F1 may be off by 5 · 10⁻⁷.

    Scores are finite numbers of any sign and size, probabilities or not. Scores are compared exactly, without a
    tolerance: a score equal to the threshold reaches it, and the next float64 below does not (0.0 and −0.0 are equal).

    Refused: `y_true` and `y_pred`, or `y_true` and `scores`, of unequal lengths (naming either); labels other than 0
    and 1; no samples; scores, or a threshold, that are NaN; scores that are infinite.
    """

    def confusion(self, y_true: Labels, y_pred: Labels) -> ConfusionCounts:
        """The four counts of a prediction `y_pred` against the truth `y_true`."""

    def accuracy(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of predictions that are right: (tp + tn) / (tp + fp + fn + tn)."""

    def precision(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of the samples called positive that are positive: tp / (tp + fp), and 0.0 where there are none."""

    def recall(self, y_true: Labels, y_pred: Labels) -> float:
        """The share of the positive samples that were found: tp / (tp + fn), and 0.0 where there are none."""

    def f1(self, y_true: Labels, y_pred: Labels) -> float:
        """Twice precision times recall over their sum, and 0.0 where both are 0."""

    def cost(self, y_true: Labels, y_pred: Labels, false_positive_cost: float, false_negative_cost: float) -> float:
        """What the errors cost together: false_positive_cost · fp + false_negative_cost · fn, in double precision.

        A cost may be 0, a fraction, or in the millions. Refused: one that is negative, NaN or infinite.
        """

    def classify(self, scores: Float64[np.ndarray, " n"], threshold: float) -> Labels:
        """1 where the score is at least the threshold (≥), any finite number, else 0."""

    def precision_recall_curve(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> PrecisionRecallCurve:
        """Precision and recall at every distinct score taken as the threshold of `classify`, thresholds ascending.

        All of them, however many: none is left out or rounded, and no further point is added at either end.
        """

    def best_f1_threshold(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> float:
        """The score that, taken as the threshold of `classify`, gives the highest F1; of ties, the lowest.

        Two thresholds tie where the precision of each is the recall of the other, or where F1 is 0 at both. Of others
        whose F1 differs by less than 10⁻⁶, any may be returned.
        """


class OneHot(Protocol):
    """One-hot vectors of tokens.

    A token is a string of any characters, in any script or case, with accents, spaces, control characters or nothing
    in it; the empty string is a token too. Two tokens are the same only if they are equal, character by character:
    "US" is not "us", "é" in one character is not "é" in two, and "a " is not "a". Tokens come back as they were.
    """

    def vocabulary(self, tokens: Annotated[list[str], "n"]) -> list[str]:
        """The distinct tokens, in the order of their first occurrence; of no tokens, none."""

    def one_hot(
        self, tokens: Annotated[list[str], "n"], vocabulary: Annotated[list[str], "v"]
    ) -> Float[np.ndarray, "n v"]:
        """One row per token: 1 at the token's place in `vocabulary`, 0 elsewhere; of no tokens, an array (0, v).

        A vocabulary may hold 100 000 tokens, in any order, and more than occur. Memory grows with n · v, not with v².
        Refused: a token outside the vocabulary (naming `tokens`), a `vocabulary` in which a token occurs twice.
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
        """softmax(Q Kᵀ / √d) V, the softmax taken over the keys, without a mask.

        There may be a thousand queries or keys, in equal numbers or not, any number of batch axes, and d and dv from 1.
        Attention is computed separately for each item of the batch. Logits Q Kᵀ / √d may be as large as ±10⁶, and may
        be equal. Weights and outputs are as exact as rounding of the logits in double precision allows.

        Refused: `queries` and `keys` of different d, `keys` and `values` of different m (naming either); no keys;
        numbers that are not finite.
        """


class Convolution(Protocol):
    """The convolution of convolutional networks, and the edge filter made of it.

    Pixels and weights may have any sign, and may all be as small as 10⁻¹⁵, or as large as 10¹⁵: nothing is clipped,
    rounded or set to 0. Rounding is that of double precision, relative to the largest numbers in the call.
    """

    def convolution(
        self,
        images: Float64[np.ndarray, "b c h w"],
        filters: Float64[np.ndarray, "o c kh kw"],
        stride: int,
    ) -> Float64[np.ndarray, "b o out_h out_w"]:
        """Slide each filter over each image, without padding and without flipping it (a cross-correlation).

        output[b, o, i, j] = Σ_{c,u,v} images[b, c, i·stride + u, j·stride + v] · filters[o, c, u, v] (Goodfellow et
        al., *Deep Learning*, 2016, equation 9.6), so out_h = ⌊(h − kh) / stride⌋ + 1, and out_w likewise. Images and
        filters need not be square, there may be dozens of channels, and the stride may exceed the filter.

        Refused: `images` and `filters` of different numbers of channels, or filters higher or wider than the images
        (naming either); a `stride` below 1; numbers that are not finite.
        """

    def edge_magnitude(self, images: Float64[np.ndarray, "b h w"]) -> Float64[np.ndarray, "b out_h out_w"]:
        """How strongly each pixel lies on an edge: √(g_x² + g_y²) of Sobel's two filters, without padding.

        The filters are [[1, 0, −1], [2, 0, −2], [1, 0, −1]] and its transpose (Sobel & Feldman, 1968); out_h = h − 2.
        Refused: `images` lower or narrower than 3 pixels, numbers that are not finite.
        """


class AttentionLayers(TypedDict):
    """What every attention layer computed, head by head: output = weights · values, which the layer passes on."""

    weights: Float[np.ndarray, "replicates n layers heads patches patches"]
    """weights[…, i, j] is the weight that patch i gives patch j: none is negative, and for each i they sum to 1"""
    values: Float[np.ndarray, "replicates n layers heads patches dv"]
    """values[…, j, :] is the value of patch j; in the first layer it depends on that patch alone"""
    output: Float[np.ndarray, "replicates n layers heads patches dv"]


class TrainedClassifiers(Protocol):
    """A handle on trained classifiers, one per seed, each of which classifies images of its own.

    Images are (replicates, n, channels, height, width), with n ≥ 1 and all else as in training. Patches are numbered
    row by row from the top left. Refused by every method: images that are not finite or not of this shape.
    """

    def logits(
        self,
        images: Float[np.ndarray, "replicates n channels height width"],
        attend: Bool[np.ndarray, "patches patches"] | None = None,
    ) -> Float[np.ndarray, "replicates n classes"]:
        """Each replicate's class scores of its own images: any numbers, of which the highest gives the predicted class.

        `attend` (for "attention" only) cuts attention: where attend[i, j] is False, patch i gives patch j the weight 0,
        in every layer and every head, and its other weights are scaled to sum to 1 (the softmax is taken over what is
        left). It need not be symmetric. None is the same as all True.

        Refused: `attend` of another shape, with a row that holds no True, or given to "convolution".
        """

    def features(
        self, images: Float[np.ndarray, "replicates n channels height width"]
    ) -> Float[np.ndarray, "replicates n features"]:
        """What the last, linear layer reads: a replicate's logits are one affine function of these, for all images."""

    def attention_layers(
        self,
        images: Float[np.ndarray, "replicates n channels height width"],
        attend: Bool[np.ndarray, "patches patches"] | None = None,
    ) -> AttentionLayers:
        """Weights, values and outputs of every attention layer, first layer first, as `logits` computes and uses them.

        `attend` is that of `logits`. Refused: the same `attend`, and any call of this method for "convolution".
        """

    def filters(self) -> Float[np.ndarray, "replicates filters channels kh kw"]:
        """The filters of the first convolution, as the contract's `convolution` takes them; each is in `parameters`.

        Refused: any call of this method for "attention".
        """

    def parameters(self) -> dict[str, Float[np.ndarray, "replicates ..."]]:
        """Every number that training changed or that results depend on, by name."""

    def set_parameters(self, parameters: dict[str, Float[np.ndarray, "replicates ..."]]) -> None:
        """Replace them.

        Refused: other names or shapes than `parameters` returns, and numbers that are not finite.
        """


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
        learning_rate: float,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> TrainedClassifiers:
        """Train one classifier per seed, each on its own images and their labels (0 … classes − 1).

        "convolution" is a convolutional network: convolutions and pooling, then fully connected layers (LeCun et al.,
        1998), the first of which has separate weights for each position of the last feature maps (no global pooling).
        It ignores `patch_size` and `positions`. "attention" is a transformer encoder over non-overlapping square
        patches of `patch_size` pixels (Dosovitskiy et al., 2021), with the patches pooled symmetrically before the last
        layer, and no other token (such as a class token). It knows where a patch lies if, and only if, `positions` is
        true: if not, permuting the patches of an image changes its logits by rounding only.

        Images have 1 or 3 channels. Their sides may differ: 8 to 32 pixels for "convolution", and for "attention" from
        one patch up to 64. `classes` is 2 or more, and not all of them need occur in `labels`. `parameter_budget` is
        3000 or more: `parameters` holds between 95 % and 100 % of it per replicate, and nine in ten of these numbers
        matter after a few steps: changing their values changes the logits. A network learns from at most `steps`
        batches of `batch_size` of its images, and from none of its other images (nor from a statistic of all);
        `batch_size` may exceed their number. `steps = 0` returns the network as initialised, from which training with
        the same seed starts.

        Refused: labels outside 0 … classes − 1, or not one per image; images that are not finite, or of which there are
        none; `seeds` that are not one per replicate; another `architecture`; for "attention" a `patch_size` that does
        not divide both sides; `classes` below 2, `steps` below 0, `batch_size` below 1; a `parameter_budget` that no
        network can be within (10, say); a `learning_rate` that is not a positive, finite number.
        """


class RotationTask(TypedDict):
    """Each image in all four orientations, and by how many quarter turns each copy was turned."""

    images: Float[np.ndarray, "n 4 channels side side"]
    labels: Integer[np.ndarray, "n 4"]


class RotationNetworks(Protocol):
    """A handle on networks trained to predict by how much an image was turned, one per seed: an encoder and a head.

    Images are square, of the channels and the size that were trained on, each replicate's own; at least one.
    """

    def logits(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m 4"]:
        """Each replicate's scores of 0, 1, 2 and 3 quarter turns, of each single image: not probabilities."""

    def features(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m features"]:
        """The encoder's output for each image, which the head, a linear layer, reads (logits are affine in these)."""

    def encoder(self) -> dict[str, Float[np.ndarray, "replicates ..."]]:
        """Every number that `features` depends on, by name (running statistics too), without the head's.

        This is what `fine_tune` starts from; you choose names and shapes.
        """


class FineTunedNetworks(Protocol):
    """A handle on classifiers made of an encoder and a fresh linear head, one per seed, as training left them.

    Images are as for `RotationNetworks`.
    """

    def logits(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m classes"]:
        """Each replicate's class scores of its own images: not probabilities."""

    def features(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m features"]:
        """The encoder's output for each image (logits are affine in these)."""

    def encoder(self) -> dict[str, Float[np.ndarray, "replicates ..."]]:
        """Every number that `features` depends on, as `RotationNetworks.encoder` gives them."""

    def learning_curve(self) -> Float[np.ndarray, "replicates checkpoints m classes"]:
        """What `logits(test_images)` was after each number of steps in `checkpoints`."""


class Rotation(Protocol):
    """Pre-training by predicting rotations, then fine-tuning (Gidaris, Singh & Komodakis, 2018: RotNet)."""

    def rotate(
        self, images: Float[np.ndarray, "n channels side side"], quarter_turns: Integer[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n channels side side"]:
        """Turn each image counter-clockwise by its own number of quarter turns; no pixel changes value.

        Counter-clockwise as one sees the image with row 0 on top: after one quarter turn, the last column is row 0.
        Pixels are any finite numbers, float32 or float64, and come back as exactly these numbers: a float64 is not
        rounded, nothing is cut off or scaled. There is at least one image, of any number of channels and any size.

        Refused: `images` that are not square or not finite, or of which there are none; `quarter_turns` other than 0,
        1, 2 and 3, as floats, or not one per image (naming either).
        """

    def rotation_task(self, images: Float[np.ndarray, "n channels side side"]) -> RotationTask:
        """Each image in all four orientations, labelled with the quarter turns that `rotate` took.

        Copies of image i are images[i], each label from 0 to 3 once in labels[i], in any order, the same at each call.
        Pixels are as in `rotate`. Refused: `images` that are not square or not finite, or of which there are none.
        """

    def pretrain(
        self,
        images: Float[np.ndarray, "replicates n channels side side"],
        *,
        shuffled: bool,
        parameter_budget: int,
        steps: int,
        batch_size: int,
        learning_rate: float,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> RotationNetworks:
        """Train a convolutional encoder with a linear head, one per seed, to predict by how much an image was turned.

        The network sees one image at a time. Each of the `steps` steps takes `batch_size` images at random (with or
        without replacement), in all four orientations each, and changes the network by the gradient of the mean
        cross-entropy of these copies; the learning rate is above 0 in all steps but perhaps the first and the last. No
        other image has any influence, and `steps = 0` returns the networks as initialised. If `shuffled` is true, each
        of an image's four copies has, instead of its turn, a label drawn once, before the first step, uniformly from
        the four and independently of all others: a control, from which nothing about orientation can be learned.

        `encoder()` holds between 90 % and 100 % of `parameter_budget` numbers per replicate; budgets are 2000 or more,
        images 8 × 8 or larger, and n is at least `batch_size`.

        Refused: `images` that are not square or not finite, or of which there are none; `seeds` that are not one per
        replicate (naming either); `steps` below 0; `batch_size` or `parameter_budget` below 1; a `learning_rate` that
        is not a positive, finite number.
        """

    def fine_tune(
        self,
        images: Float[np.ndarray, "replicates n channels side side"],
        labels: Integer[np.ndarray, "replicates n"],
        *,
        encoder: dict[str, Float[np.ndarray, "replicates ..."]] | None,
        classes: int,
        parameter_budget: int,
        steps: int,
        batch_size: int,
        learning_rate: float,
        test_images: Float[np.ndarray, "replicates m channels side side"],
        checkpoints: Annotated[list[int], "checkpoints"],
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> FineTunedNetworks:
        """Train classifiers, encoder and fresh head alike, for exactly `steps` steps of `batch_size` images.

        The encoder is that of `pretrain` with the same `parameter_budget`. It starts from the numbers `encoder`, as a
        handle's `encoder` returned them, or from the random ones that its seed gives where that is None; everything
        else (head, order of images, schedule) is the same function of the seed, whatever the encoder starts from.

        Labels are 0 … `classes` − 1, of which some may not occur. Each step takes `batch_size` images at random (with
        or without replacement; n is at least `batch_size`), and changes encoder and head by the gradient of their mean
        cross-entropy; the learning rate is above 0 in all steps but perhaps the first and the last. No other image has
        any influence; so after k steps at most k · `batch_size` have. `steps = 0` returns the encoder as it starts,
        under its fresh head.

        `checkpoints` are one or more ascending numbers of steps, from 0 to `steps`, after which `test_images` are
        classified for `learning_curve`; neither changes anything about training.

        Refused: what `pretrain` refuses, of `test_images` too; `labels` outside 0 … `classes` − 1, or not one per
        image; `classes` below 2; `checkpoints` that are empty, do not ascend, repeat one, or lie outside 0 … `steps`;
        an `encoder` with a name too few or too many, an array of another shape, or numbers that are not finite.
        """


class SkipGramGradient(TypedDict):
    """The negative-sampling loss, summed over pairs, and its gradient by each of the two matrices."""

    loss: float
    input_gradient: Float64[np.ndarray, "v d"]
    output_gradient: Float64[np.ndarray, "v d"]


class WordVectors(TypedDict):
    """The two matrices of skip-gram, as trained. A word's embedding is its row of `input`."""

    input: Float[np.ndarray, "replicates vocabulary_size dimensions"]
    output: Float[np.ndarray, "replicates vocabulary_size dimensions"]


class SkipGram(Protocol):
    """Skip-gram with negative sampling (Mikolov et al., 2013, *Distributed Representations of Words and Phrases*).

    A corpus is two arrays of equal length, at least 1: `tokens`, its words in the order of the text, and `sentences`,
    the number of the sentence that each stands in. Words are whole numbers from 0 to 2³¹ − 1, most of which may be
    missing. Numbers of sentences lie in the same range and never fall: tokens with one number are one sentence, gaps
    between numbers mean nothing. A sentence may be a single word. A `window` is a whole number of at least 1, and may
    be larger than every sentence.

    Refused by all functions that take a corpus: `tokens` without entries, below 0, or of floats; `sentences` of another
    length, or that fall; a `window` below 1.
    """

    def pairs(
        self, tokens: Integer[np.ndarray, " n"], sentences: Integer[np.ndarray, " n"], window: int
    ) -> Integer[np.ndarray, "p 2"]:
        """Every (word, context word), in any order: two different places of one sentence, at most `window` apart.

        The window is fixed and reaches to both sides, so any two such places give two pairs, whatever words are there,
        and a pair is returned as often as it occurs in the corpus. Where there is none, p is 0.
        """

    def sample_pairs(
        self, tokens: Integer[np.ndarray, " n"], sentences: Integer[np.ndarray, " n"], window: int, size: int, seed: int
    ) -> Integer[np.ndarray, "size 2"]:
        """`size` of these pairs, each drawn uniformly from all of them, independently: a function of the seed.

        So a pair may be drawn again, no draw depends on those before, and `size`, 0 or more, may be larger than the
        number of pairs. Refused: `sentences` of single words only, a `size` below 0.
        """

    def noise(self, counts: Integer[np.ndarray, " v"], power: float) -> Float64[np.ndarray, " v"]:
        """The distribution of negative words: each word's count to the given power, normalised (section 2.2).

        Each probability to within 1e-8: a table of integers in units of 2⁻³¹ is fine enough.

        Counts are 0 or more, up to 10¹⁵, and powers 0 or more, up to 100, with which nothing may overflow. A word that
        does not occur (count 0) has probability 0 at every power, at power 0 too, where all that occur are equally
        probable. Refused: `counts` without entries, below 0, or all 0; a `power` below 0 or not finite.
        """

    def loss_and_gradient(
        self,
        input_vectors: Float64[np.ndarray, "v d"],
        output_vectors: Float64[np.ndarray, "v d"],
        words: Integer[np.ndarray, " b"],
        contexts: Integer[np.ndarray, " b"],
        negatives: Integer[np.ndarray, "b k"],
    ) -> SkipGramGradient:
        """The negative-sampling loss of given pairs (equation 4, with its sign turned), summed over the pairs.

        Σ_b [ −log σ(u_c · v_w) − Σ_k log σ(−u_n · v_w) ] with v the input vectors, u the output vectors, w = words[b],
        c = contexts[b], n = negatives[b, k], and σ the logistic function; finite however large the products are. Words
        may repeat among words, contexts and negatives, and each occurrence counts; all axes are at least 1 long.
        Refused: `output_vectors` of another shape than `input_vectors`; numbers in either that are not finite; `words`,
        `contexts` or `negatives` outside 0 … v − 1; `contexts` or `negatives` for another number of pairs than `words`.
        """

    def train_skip_gram(
        self,
        tokens: Integer[np.ndarray, "replicates n"],
        sentences: Integer[np.ndarray, "replicates n"],
        *,
        vocabulary_size: int,
        dimensions: int,
        window: int,
        negatives: int,
        noise_power: float,
        epochs: int,
        learning_rate: float,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> WordVectors:
        """Train vectors, one pair of matrices per seed, each on its own corpus of words 0 … vocabulary_size − 1.

        Each corpus has at least one pair. An epoch goes over all of its pairs once, as `pairs` returns them, in random
        order or in that of the text: no word is left out for being frequent, and no window is drawn. Each pair has
        `negatives` words (1 or more) drawn from `noise` of the corpus's counts to the power `noise_power`; a draw that
        happens to be the context is kept or left out, not drawn again. Pairs may share draws, weighted as if each had
        its own. What is minimised is the loss of `loss_and_gradient`, in which all pairs and all negatives count the
        same, and nothing else: there is no weight decay, and vectors are not normalised.

        The optimiser may be that of word2vec, SGD on one pair or a few at a time (few beside the words of the
        vocabulary, the more so the more negatives), or Adagrad, or Adam. `learning_rate`
        is one for Adam on batches of 256 pairs; others convert it (SGD on one pair at a time takes about 50 times as
        much). Input vectors start at random and small, of lengths up to about 1; output vectors likewise, or at 0: as a
        function of the seed and of both sizes, whatever the corpus. `epochs = 0` returns the matrices as they start. A
        word that does not occur in the corpus keeps both of its vectors as they start, bit for bit; one that is in no
        pair, because it is alone in all its sentences, keeps its input vector, and is drawn as a negative like others.

        Refused: `tokens` outside 0 … vocabulary_size − 1; `seeds` that are not one per corpus; `vocabulary_size`,
        `dimensions` or `negatives` below 1; `epochs` below 0; `noise_power` as in `noise`; a `learning_rate` that is
        not a finite number above 0.
        """

    def word2vec_text(self, words: Annotated[list[str], "v"], vectors: Float[np.ndarray, "v d"]) -> str:
        """The vectors in word2vec's text format: a line "v d", then one line per word, its numbers after it.

        A single space stands between them, and each line ends in a line feed. Words are in any script. Numbers are
        written so that reading them gives `vectors` back as float32, bit for bit: nine significant digits are enough.
        Refused: `words` that are empty, hold white space (as `str.isspace` has it) or occur twice; another number of
        `words` than of vectors; `vectors` that are not finite as float32.
        """


class Architecture(TypedDict):
    """A multilayer perceptron: the width of each hidden layer, first layer first, and what follows each of them."""

    widths: list[int]
    """One or more, each 1 or more."""
    activation: str
    """One of "relu", "tanh" and "sigmoid"."""


class Layer(TypedDict):
    """One linear layer, x ↦ x · weights + biases."""

    weights: Float[np.ndarray, "..."]
    """(inputs, outputs)"""
    biases: Float[np.ndarray, "..."]
    """(outputs,)"""


class TrainedArchitectures(Protocol):
    """A handle on trained perceptrons, one per architecture, in the order in which they were given."""

    def logits(self, inputs: Float[np.ndarray, "m features"]) -> Float[np.ndarray, "architectures m classes"]:
        """Each network's class scores of the same inputs: the outputs of its last linear layer, not probabilities.

        Refused: `inputs` with another number of features than trained on, or that are not finite.
        """

    def layers(self, index: int) -> list[Layer]:
        """The linear layers of network `index`, first layer first: all that its logits are computed from.

        Refused: an `index` that is not from 0 to the number of architectures − 1.
        """


class PolicyController(Protocol):
    """A handle on controllers that are policies, one per seed: P(a_1 … a_T; θ) = Π P(a_t | a_1 … a_(t−1); θ).

    In `actions`, token t is a whole number from 0 to choices[t] − 1. All numbers are in double precision.
    """

    def sample(self, size: int) -> Integer[np.ndarray, "replicates size tokens"]:
        """Draw `size` actions from each policy, with the current θ: independent of each other, and of earlier draws.

        Refused: a `size` below 1.
        """

    def update(
        self, actions: Integer[np.ndarray, "replicates n tokens"], rewards: Float64[np.ndarray, "replicates n"]
    ) -> None:
        """Change each policy by one step: θ ← θ + learning_rate · `policy_gradient(actions, rewards, b)`.

        Nothing else changes θ: no momentum, decay, clipping or entropy bonus. Rewards are from 0 to 1. The baseline b
        is a policy's own moving average of the rewards of its earlier updates, each of which enters it: it holds none
        of the present rewards, and no other policy's. Before the first update it is a number from 0 to 1 that you
        choose; later it lies within the range of that number and the rewards so far; after 300 updates that all earned
        c it is within .1 of c.

        Refused: `actions` of another shape, none (n = 0), or with a token outside its range; `rewards` of another
        shape, or that are not finite or not from 0 to 1.
        """

    def log_probabilities(
        self, actions: Integer[np.ndarray, "replicates n tokens"]
    ) -> Float64[np.ndarray, "replicates n tokens"]:
        """The natural logarithm of P(a_t | a_1 … a_(t−1); θ) of every token: finite, however small P is.

        Refused: `actions` as by `update`.
        """

    def policy_gradient(
        self,
        actions: Integer[np.ndarray, "replicates n tokens"],
        rewards: Float64[np.ndarray, "replicates n"],
        baseline: Float64[np.ndarray, " replicates"],
    ) -> dict[str, Float64[np.ndarray, "replicates ..."]]:
        """The estimate 1/n Σ_n Σ_t ∇_θ log P(a_t | a_1 … a_(t−1); θ) (R − baseline), under the names of `parameters`.

        Williams, *Simple Statistical Gradient-Following Algorithms*, 1992; Zoph & Le, 2017, section 3.2. Here rewards
        may be any numbers.

        Refused: `actions` as by `update`; `rewards` or `baseline` of another shape, or that are not finite.
        """

    def parameters(self) -> dict[str, Float64[np.ndarray, "replicates ..."]]:
        """θ: every trained number, by name."""

    def set_parameters(self, parameters: dict[str, Float64[np.ndarray, "replicates ..."]]) -> None:
        """Replace θ, and nothing else (a baseline stays); the same names and shapes as `parameters` returns.

        Refused: `parameters` with other names or shapes, or that are not finite.
        """


class QController(Protocol):
    """A handle on controllers that learn values (MetaQNN: Baker et al., 2017), one per seed.

    In `actions`, token t is a whole number from 0 to choices[t] − 1.
    """

    def sample(self, size: int) -> Integer[np.ndarray, "replicates size tokens"]:
        """Draw `size` actions from each controller, token by token, with Q and ε as they are now.

        Separately for each token, the option is drawn uniformly from all with probability ε, and otherwise uniformly
        from those whose Q, given the tokens before, is the highest. Draws are independent of each other, and of those
        drawn before.

        Refused: a `size` below 1.
        """

    def update(
        self, actions: Integer[np.ndarray, "replicates n tokens"], rewards: Float64[np.ndarray, "replicates n"]
    ) -> None:
        """Learn from n trials: each replicate's Q becomes `q_update` of its first one, then of its second, and so on.

        Each is learned from once: there is no experience replay. Rewards are from 0 to 1.

        Refused: as by `PolicyController.update`.
        """

    def q_values(self) -> Float64[np.ndarray, "replicates tokens states options"]:
        """Q of every option of every token in every state, as in `q_update`, which says what its axes are.

        You choose the initial Q. Entries beyond a token's states and options may hold any finite number.
        """

    def epsilon(self) -> float:
        """ε, the same for all replicates: 1 before the first update, and changed by `update` alone.

        It depends only on how many trials a controller has learned from, and never rises: above .5 within the first
        quarter of `trials`, at most .5 from three quarters on, and at most .1 once there were `trials`.
        """


class Search(Protocol):
    """Neural architecture search (Zoph & Le, 2017; Baker et al., 2017: MetaQNN).

    A space is given by its hyper-parameters: a dict from each one's name to the list of its options, fixed before any
    data is seen. An option is a finite number (int or float), a bool or a word (str), and equals no other of its list;
    1, 1.0 and True are equal. An action is a list of tokens, one per hyper-parameter in the order of the dict: token t
    is the place of the option chosen, counted from 0. `choices` has one count per token, each 1 or more.
    """

    def choices(self, hyperparameters: dict[str, Any]) -> Integer[np.ndarray, " tokens"]:
        """How many options each token has.

        Refused, naming the hyper-parameter: one without options, or with two equal ones; one that is not a list, such
        as a number, a string or an array; an option that is None, a list, a dict or an array. Of arrays, and of options
        that are arrays or lists, the message also says that they are "data" (an image, say), which is given and not
        chosen. Refused, too, is a space without hyper-parameters (naming `hyperparameters`).
        """

    def decode(
        self, hyperparameters: dict[str, Any], actions: Integer[np.ndarray, "n tokens"]
    ) -> Annotated[list[dict[str, Any]], "n"]:
        """The hyper-parameters that each action stands for: a dict from names to options, as they were given.

        Refused: `hyperparameters` as by `choices`; `actions` with another number of tokens, or with a token that is
        negative or beyond its options.
        """

    def train_architectures(
        self,
        inputs: Float[np.ndarray, "n features"],
        labels: Integer[np.ndarray, " n"],
        *,
        architectures: Annotated[list[Architecture], "architectures"],
        classes: int,
        steps: int,
        batch_size: int,
        learning_rate: float,
        seeds: Annotated[list[int], "architectures"],
        device: str,
    ) -> TrainedArchitectures:
        """Train one multilayer perceptron per architecture and seed, all on the same inputs and labels.

        Hidden layers of the given widths, each followed by the activation, then a linear layer to `classes` class
        scores; labels are from 0 to classes − 1, and need not all occur. Every layer is trained, by `steps` steps down
        the gradient of the cross-entropy, each on a batch of `batch_size` inputs drawn at random from all, with or
        without replacement (`batch_size` is at most n). `steps = 0` returns the networks as initialised; what they are
        does not depend on what the inputs hold. Which other networks are trained with it changes a network's logits by
        no more than rounding.

        Refused: `inputs` that are not finite, or none; `labels` of another length or outside the classes; no
        `architectures`, or one with no widths, a width below 1 or another activation (naming `widths` or `activation`);
        `classes` below 2, `steps` below 0, `batch_size` below 1, `learning_rate` not above 0 or not finite; `seeds`
        that are not as many as the architectures, or negative.
        """

    def reinforce(
        self,
        choices: Integer[np.ndarray, " tokens"],
        *,
        learning_rate: float,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> PolicyController:
        """Controllers whose policy is autoregressive over tokens and learns by REINFORCE with a baseline.

        A token's probabilities depend on every token before it (at nearly every θ), and on none after it. You choose
        how they are computed: by a recurrent network, say, or by tables. Initially, all options of a token are about
        equally probable. `learning_rate` is that of `PolicyController.update`.

        Refused: no `choices`, or one below 1; a `learning_rate` not above 0 or not finite; no `seeds`, or a negative
        one.
        """

    def meta_qnn(
        self,
        choices: Integer[np.ndarray, " tokens"],
        *,
        trials: int,
        learning_rate: float,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> QController:
        """Controllers that learn by tabular Q-learning, ε falling from 1 to at most .1 over `trials` trials.

        `learning_rate` is the α of `q_update`, above 0 and at most 1.

        Refused: no `choices`, or one below 1; `trials` below 1; a `learning_rate` out of its range; no `seeds`, or a
        negative one.
        """

    def q_update(
        self,
        q_values: Float64[np.ndarray, "tokens states options"],
        choices: Integer[np.ndarray, " tokens"],
        action: Integer[np.ndarray, " tokens"],
        reward: float,
        learning_rate: float,
    ) -> Float64[np.ndarray, "tokens states options"]:
        """Q after one action: Q(s, a) ← (1 − α) Q(s, a) + α [r + max_a' Q(s', a')], the last token first.

        Token t's state is the tokens before it: q_values[t, s, a], where s counts the lists of t tokens in their order,
        s_0 = 0 and s_(t+1) = s_t · choices[t] + a_t. There are choices[0] · … · choices[T−2] states (1 if there is one
        token), and as many options as the largest of `choices`. Entries beyond a token's states and options are
        ignored, and returned unchanged. As the last token comes first, max_a' Q(s', a') is taken over values already
        updated. Rewards come at the end only (γ = 1), and after the last token there is no state to look ahead to
        (Watkins, 1989; Baker et al., 2017, equation 3; their state is the last layer alone, which is less). `reward` is
        any number, and α, which is `learning_rate`, from 0 to 1.

        Refused: `q_values` of another shape, or not finite; an `action` with another number of tokens, or with one
        outside its range; a `reward` that is not finite; a `learning_rate` out of its range.
        """


class PlayerGradients(TypedDict):
    """The gradient of each player's own loss by its own parameters, under their names."""

    generator: dict[str, Float[np.ndarray, "replicates ..."]]
    discriminator: dict[str, Float[np.ndarray, "replicates ..."]]


class Players(TypedDict):
    """The parameters of both players, by name.

    Of each player six arrays: the weights and the biases of its three layers, under names of your own. Weights are
    (replicates, in, out) or (replicates, out, in), biases (replicates, out).
    """

    generator: dict[str, Float[np.ndarray, "replicates ..."]]
    discriminator: dict[str, Float[np.ndarray, "replicates ..."]]


class Gans(Protocol):
    """A handle on generative adversarial networks, one per seed; they compute in single precision or better.

    Refused by every method: arrays of another shape, without a sample, or with numbers that are not finite. A refused
    call changes nothing.
    """

    def generate(
        self, latent: Float[np.ndarray, "replicates m latent_dimensions"]
    ) -> Float[np.ndarray, "replicates m d"]:
        """G(z): a sample for each latent vector."""

    def discriminate(self, samples: Float[np.ndarray, "replicates m d"]) -> Float[np.ndarray, "replicates m"]:
        """The discriminator's logit of each sample; D(x), the probability that x is real, is its logistic function."""

    def train(self, rounds: int, players: Literal["both", "generator", "discriminator"]) -> None:
        """Continue training for exactly `rounds` rounds (≥ 0).

        A round of "both" is one step of the discriminator, then one of the generator against the updated discriminator.
        A round of one player is that player's step alone, and leaves every number of the other as it was.

        The discriminator's step is on `batch_size` rows of the replicate's own data, as they are, and on as many
        generated samples, G(z); the generator's is on `batch_size` generated samples. Each step draws its own: rows at
        random, each as likely as any other, with or without replacement (in one step, or until all have had their
        turn), and new latent vectors z, whose numbers are independent and standard normal.

        A step descends the gradient that `gradients` returns for that batch, by an optimiser of your choice. The first
        step moves every parameter against its gradient, and does not move one whose gradient is 0; this is true of
        gradient descent with or without momentum, Adam, RMSProp and Adagrad. Nothing is added to that gradient: no
        decay or clipping of parameters, no penalty, no smoothed labels, no noise.

        Random draws and optimiser states continue from one call to the next: train(a) and then train(b) is train(a +
        b), up to rounding. Refused: `rounds` below 0; other `players`.
        """

    def gradients(
        self,
        real: Float[np.ndarray, "replicates b d"],
        latent: Float[np.ndarray, "replicates b latent_dimensions"],
    ) -> PlayerGradients:
        """The gradient of each player's loss on this batch, as a training step would use it; nothing is trained.

        They are those of `discriminator_loss`, and of `generator_loss`, `saturating` or not as the handle was asked
        for; computed from the logits, so that they are right also where D rounds to 0 or 1 in single precision.
        Refused: another number of latent vectors than of real samples.
        """

    def parameters(self) -> Players:
        """Every trained number of both players."""

    def set_parameters(self, parameters: Players) -> None:
        """Replace them; the same names and shapes as `parameters` returns.

        Optimiser states are reset, so that the next step of either player is a first step. Random draws continue, and
        do not start again. Refused: other players, names or shapes; numbers that are not finite.
        """


class Gan(Protocol):
    """Generative adversarial networks (Goodfellow et al., 2014).

    `real` holds the discriminator's output D(x) for real data, `fake` holds D(G(z)) for generated data, n and m of
    them, one or more: probabilities strictly between 0 and 1, from 1e-300 to the last number of float64 below 1. No
    logarithm is clipped, and log(1 − p) is precise also where p is small. Refused: empty arrays, arrays of several
    axes, and numbers not strictly between 0 and 1 (0, 1, NaN).
    """

    def value(
        self,
        real: Float64[np.ndarray, " n"],
        fake: Float64[np.ndarray, " m"],
        real_weights: Float64[np.ndarray, " n"] | None = None,
        fake_weights: Float64[np.ndarray, " m"] | None = None,
    ) -> float:
        """The value of the minimax game (equation 1): V = E[log D(x)] + E[log(1 − D(G(z)))], natural logarithms.

        Each expectation is the mean, or, where its own weights are given, the sum weighted by these, whether or not the
        other's are given. Weights are ≥ 0 and sum to 1 within 1e-9. Refused: weights below 0 or not finite, another
        number of them than of probabilities, or a sum that is off by more than 1e-8.
        """

    def discriminator_loss(self, real: Float64[np.ndarray, " n"], fake: Float64[np.ndarray, " m"]) -> float:
        """What the discriminator minimises: −V, as `value` has it."""

    def generator_loss(self, fake: Float64[np.ndarray, " m"], saturating: bool) -> float:
        """What the generator minimises (section 3): mean log(1 − D(G(z))) if `saturating`, else mean −log D(G(z))."""

    def gans(
        self,
        data: Float[np.ndarray, "replicates n d"],
        *,
        latent_dimensions: int,
        saturating: bool,
        hidden: int,
        learning_rate: float,
        batch_size: int,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> Gans:
        """Untrained networks, one generator and one discriminator per seed, each with its own data to learn from.

        Both are multilayer perceptrons of three linear layers with biases: two hidden layers of `hidden` units, each
        followed by an activation function of your choice without parameters (ReLU, leaky ReLU, tanh, …), and a linear
        output layer, of d numbers or of the logit. There is no normalisation and no dropout.

        `data` are roughly standardised; they are used as they are. `latent_dimensions`, `hidden` and `batch_size` are
        1 or more, and `batch_size` ≤ n. `learning_rate` (> 0) is for both players, and does not change. It is one at
        which both learn by Adam with β₁ = .5 (Radford et al., 2016) or less: with a momentum of .9 two-player games
        oscillate, and converge late if at all (Gidel et al., 2019).

        Refused: sizes out of their range; a `learning_rate` that is not above 0 or not finite; `data` of other axes,
        without samples, or that are not finite; no `seeds`, negative ones, or another number of them than of
        replicates; a `device` that does not exist.
        """


TOPICS: dict[str, type] = {
    "metrics": Metrics,
    "one_hot": OneHot,
    "attention": Attention,
    "convolution": Convolution,
    "classifiers": Classifiers,
    "rotation": Rotation,
    "skip_gram": SkipGram,
    "search": Search,
    "gan": Gan,
}
"""The module an implementation offers for each Protocol."""
