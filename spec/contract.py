"""What an implementation offers: one typed Protocol per topic.

An implementation is a package (or a folder) with one module per topic — `metrics.py`, `one_hot.py`, `attention.py`,
`convolution.py`, `classifiers.py`, `rotation.py`, `skip_gram.py`, `search.py`, `gan.py` — or a single `.py` file with
all of their functions. A module may be missing: only the claims that need it fail.

**Plain data in, plain data out.** Every argument and result is `None`, a `bool`, `int`, `float` or `str`, a list or
dict of those, or a NumPy array of bool, int or float; no tensor, callable or generator crosses. The one exception is a
*handle*: an object whose declared methods again take and return plain data, such as `TrainedClassifiers`. Compute with
whatever you like in between. Arrays handed over are copies: change them as you please.

Array types read `Float[np.ndarray, "n d"]`: a floating-point array of shape (n, d); a name that appears twice means the
same length, a number is a fixed length, and `*batch` stands for any number of leading axes. What comes back is checked
against these types, has to be finite, and is copied before anything is compared. Where the types say `Float64` the
claim is exact, so compute in double precision; `Float` and `Integer` admit any width. Integers are handed over as
int64, floats as float64 where the type says so and else as float32, and in sizes that people have: thousands of
samples, hundreds of classes, counts in the millions.

**Bad input** raises a `ValueError` or `TypeError` that names the argument, its value and what was expected. Each
function says, after "Refused", what that is; nothing else is tried.

**Seeds** are whole numbers from 0 to 2³² − 1, one per replicate. Every random number is a function of its replicate's
seed: the same call gives the same result, bit for bit, on the same machine; another seed, however far away, gives other
numbers; and whichever replicates are asked for beside it, or in which order, a replicate's numbers differ by no more
than rounding.

**Handles** remember nothing of being asked: each sample is answered by itself, whatever was asked before or stands
beside it in the call (networks are evaluated as they are to be used: without dropout, without statistics of the batch).
`parameters` holds every number that the answers depend on, so that `set_parameters` with another handle's makes them
answer alike.

**Learners** get all that they need as arguments. Samples arrive ready to train on: standardised, so that numbers are
about 0 on average and about 1 in size. `learning_rate` is one at which Adam (Kingma & Ba, 2015), constant or falling,
learns the task within its `steps` of `batch_size` samples, and leaves room to go another way; unless a function says
more, optimiser, initialisation and schedule are the implementation's own. What each claim asks for (sizes, parameters,
steps, rates) is printed by `claims show ID`, and stands in the stubs that `claims new` writes.
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

    The positive class is 1. Any labels are good: none positive, all positive, a single sample, millions of them. Where
    a ratio is 0/0 it is 0.0. Counts are exact; accuracy, precision, recall and F1 may be off by 5 · 10⁻⁷.

    Scores are finite numbers of any sign and size, probabilities or not. Two are the same score only if they are
    equal, and are compared as they are: a threshold is reached by its equal, and missed by the next float64 below.

    Refused: `y_true` and `y_pred`, or `y_true` and `scores`, of unequal lengths (naming either); labels other than 0
    and 1; no samples; scores, or a threshold, that are NaN; scores that are infinite.
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
        """What the errors cost together: false_positive_cost · fp + false_negative_cost · fn, in double precision.

        A cost may be 0, a fraction, or in the millions. Refused: one that is negative, NaN or infinite.
        """

    def classify(self, scores: Float64[np.ndarray, " n"], threshold: float) -> Labels:
        """1 where the score is at least the threshold (≥), else 0."""

    def precision_recall_curve(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> PrecisionRecallCurve:
        """Precision and recall at every distinct score taken as the threshold of `classify`, thresholds ascending.

        All of them, however many: none is left out or rounded, and no further point is added at either end.
        """

    def best_f1_threshold(self, y_true: Labels, scores: Float64[np.ndarray, " n"]) -> float:
        """The score that, taken as the threshold of `classify`, gives the highest F1; the lowest of equals.

        Thresholds are equals where precision and recall have changed places, or F1 is 0. Of others whose F1 differs by
        less than 10⁻⁶ any will do.
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

        There may be a thousand queries or keys, as many of one as of the other or not, any number of batch axes, and
        d and dv from 1. Each item of the batch is attention of its own. Logits Q Kᵀ / √d may be as large as ±10⁶, and
        may be equal. Weights and outputs are as exact as rounding of the logits in double precision allows.

        Refused: `queries` and `keys` of different d, `keys` and `values` of different m (naming either); no keys;
        numbers that are not finite.
        """


class Convolution(Protocol):
    """The convolution of convolutional networks, and the edge filter made of it.

    Pixels and weights may have any sign, and be as small as 10⁻¹⁵ all together, or as large as 10¹⁵: nothing is
    clipped, rounded or set to 0. Rounding is that of double precision, relative to the largest numbers in the call.
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

    def filters(self) -> Float[np.ndarray, "replicates filters channels kh kw"]:
        """The filters of the first convolution, as the contract's `convolution` takes them (for "convolution" only)."""

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


class RotationTask(TypedDict):
    """Each image in all four orientations, and by how many quarter turns each copy was turned."""

    images: Float[np.ndarray, "n 4 channels side side"]
    labels: Integer[np.ndarray, "n 4"]


class RotationNetworks(Protocol):
    """A handle on networks trained to tell by how much an image was turned, one per seed: an encoder and a head."""

    def logits(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m 4"]:
        """Each replicate's scores of 0, 1, 2 and 3 quarter turns, of each single image."""

    def features(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m features"]:
        """What the encoder makes of each image: what the head, a linear layer, reads."""

    def encoder(self) -> dict[str, Float[np.ndarray, "replicates ..."]]:
        """The encoder's weights by name, without the head's: what `fine_tune` starts from."""


class FineTunedNetworks(Protocol):
    """A handle on classifiers made of an encoder and a fresh linear head, one per seed."""

    def logits(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m classes"]:
        """Each replicate's class scores of its own images, at the end of training."""

    def features(
        self, images: Float[np.ndarray, "replicates m channels side side"]
    ) -> Float[np.ndarray, "replicates m features"]:
        """What the encoder makes of each image, at the end of training."""

    def learning_curve(self) -> Float[np.ndarray, "replicates checkpoints m classes"]:
        """The class scores of `test_images` as they were after each number of steps in `checkpoints`."""


class Rotation(Protocol):
    """Pre-training by predicting rotations, then fine-tuning (Gidaris, Singh & Komodakis, 2018: RotNet)."""

    def rotate(
        self, images: Float[np.ndarray, "n channels side side"], quarter_turns: Integer[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n channels side side"]:
        """Turn each square image counter-clockwise by its number (0 … 3) of quarter turns; no pixel changes value."""

    def rotation_task(self, images: Float[np.ndarray, "n channels side side"]) -> RotationTask:
        """Each image in all four orientations (in any order), labelled with the quarter turns that `rotate` took."""

    def pretrain(
        self,
        images: Float[np.ndarray, "replicates n channels side side"],
        *,
        shuffled: bool,
        parameter_budget: int,
        steps: int,
        batch_size: int,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> RotationNetworks:
        """Train a convolutional encoder with a linear head, one per seed, to tell by how much an image was turned.

        It sees one image at a time, in one of the four orientations. If `shuffled` is true, every copy's label is drawn
        at random instead: a control, from which nothing about orientation can be learned. The encoder has between 90 %
        and 100 % of `parameter_budget` parameters; each of at most `steps` steps takes `batch_size` images, each in all
        four orientations. `steps = 0` returns the networks as initialised. Every random choice is a function of the
        seed, as in `Classifiers`.
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
        test_images: Float[np.ndarray, "replicates m channels side side"],
        checkpoints: Annotated[list[int], "checkpoints"],
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> FineTunedNetworks:
        """Train classifiers, encoder and fresh head alike, for exactly `steps` steps of `batch_size` images.

        The encoder starts from the weights `encoder`, as `RotationNetworks.encoder` returned them, or from the random
        ones that its seed gives where that is None; everything else (head, order of images, learning rates) is the same
        function of the seed in both cases. `parameter_budget` is the encoder's, as in `pretrain`. `checkpoints` are
        one or more ascending numbers of steps from 0 to `steps`, after which `test_images` are classified for
        `learning_curve`. `steps = 0` returns the encoder as it starts, under its fresh head.
        """


class SkipGramGradient(TypedDict):
    """The negative-sampling loss, summed over pairs, and its gradient by each of the two matrices."""

    loss: float
    input_gradient: Float64[np.ndarray, "v d"]
    output_gradient: Float64[np.ndarray, "v d"]


class WordVectors(TypedDict):
    """The two matrices of skip-gram. A word's embedding is its row of `input`."""

    input: Float[np.ndarray, "replicates vocabulary_size dimensions"]
    output: Float[np.ndarray, "replicates vocabulary_size dimensions"]


class SkipGram(Protocol):
    """Skip-gram with negative sampling (Mikolov et al., 2013, *Distributed Representations of Words and Phrases*).

    Words are numbers from 0 to v − 1. A corpus is two arrays of equal length: `tokens`, its words in the order of the
    text, and `sentences`, the number of the sentence that each stands in, which never falls.
    """

    def pairs(
        self, tokens: Integer[np.ndarray, " n"], sentences: Integer[np.ndarray, " n"], window: int
    ) -> Integer[np.ndarray, "p 2"]:
        """Every (word, context word), in any order: two different places of one sentence, at most `window` apart.

        The window is fixed and reaches to both sides, so each such two places give two pairs. A window is at least 1.
        """

    def sample_pairs(
        self, tokens: Integer[np.ndarray, " n"], sentences: Integer[np.ndarray, " n"], window: int, size: int, seed: int
    ) -> Integer[np.ndarray, "size 2"]:
        """`size` of these pairs, each drawn uniformly from all of them, independently: a function of the seed."""

    def noise(self, counts: Integer[np.ndarray, " v"], power: float) -> Float64[np.ndarray, " v"]:
        """The distribution of negative words: each word's count to the given power, normalised (section 2.2)."""

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
        c = contexts[b], n = negatives[b, k], and σ the logistic function; finite however large the products are.
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
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> WordVectors:
        """Train vectors, one pair of matrices per seed, each on its own corpus.

        Each epoch goes over the pairs of the corpus (`pairs`) once, with `negatives` words per pair drawn from `noise`
        of the corpus's counts, among which the context word itself may be; pairs may share draws, weighted accordingly.
        Learning rates and the order of pairs are the implementation's own. `epochs = 0` returns the matrices as
        initialised. A word that occurs nowhere in the corpus keeps its initial vectors, and one that stands alone in
        all its sentences, and so is in no pair, its initial input vector. Every random choice is a function of the
        seed, as in `Classifiers`.
        """

    def word2vec_text(self, words: Annotated[list[str], "v"], vectors: Float[np.ndarray, "v d"]) -> str:
        """The vectors in word2vec's text format: a line "v d", then one line per word, its numbers after it.

        Numbers are written so that reading them gives them back as float32. A word that holds white space, is empty or
        occurs twice raises `ValueError`.
        """


class Architecture(TypedDict):
    """A multilayer perceptron: the width of each hidden layer, first layer first, and what follows each of them."""

    widths: list[int]
    activation: str


class Layer(TypedDict):
    """One linear layer, x ↦ x · weights + biases."""

    weights: Float[np.ndarray, "..."]
    """(inputs, outputs)"""
    biases: Float[np.ndarray, "..."]
    """(outputs,)"""


class TrainedArchitectures(Protocol):
    """A handle on trained perceptrons, one per architecture asked for."""

    def logits(self, inputs: Float[np.ndarray, "m features"]) -> Float[np.ndarray, "architectures m classes"]:
        """Each network's class scores of the same inputs."""

    def layers(self, index: int) -> list[Layer]:
        """The linear layers of one network, first layer first; its logits are the last one's outputs."""


class PolicyController(Protocol):
    """A handle on controllers that are policies, one per seed: P(a_1 … a_T; θ) = Π P(a_t | a_1 … a_(t−1); θ)."""

    def sample(self, size: int) -> Integer[np.ndarray, "replicates size tokens"]:
        """Draw `size` actions from each policy."""

    def update(
        self, actions: Integer[np.ndarray, "replicates n tokens"], rewards: Float64[np.ndarray, "replicates n"]
    ) -> None:
        """Change each policy by one step of plain gradient ascent, given what its actions earned.

        θ ← θ + η · `policy_gradient(actions, rewards, baseline)`. The step size η > 0 is the same for all policies;
        neither it nor a policy's baseline depends on these actions and rewards, or on what other policies earned.
        """

    def log_probabilities(
        self, actions: Integer[np.ndarray, "replicates n tokens"]
    ) -> Float64[np.ndarray, "replicates n tokens"]:
        """The logarithm of P(a_t | a_1 … a_(t−1); θ) of every token."""

    def policy_gradient(
        self,
        actions: Integer[np.ndarray, "replicates n tokens"],
        rewards: Float64[np.ndarray, "replicates n"],
        baseline: Float64[np.ndarray, " replicates"],
    ) -> dict[str, Float64[np.ndarray, "replicates ..."]]:
        """The estimate 1/n Σ_n Σ_t ∇_θ log P(a_t | a_1 … a_(t−1); θ) (R − baseline), under the names of `parameters`.

        Williams, *Simple Statistical Gradient-Following Algorithms*, 1992; Zoph & Le, 2017, section 3.2.
        """

    def parameters(self) -> dict[str, Float64[np.ndarray, "replicates ..."]]:
        """θ: every trained number, by name."""

    def set_parameters(self, parameters: dict[str, Float64[np.ndarray, "replicates ..."]]) -> None:
        """Replace θ; the same names and shapes as `parameters` returns."""


class QController(Protocol):
    """A handle on controllers that learn values (MetaQNN: Baker et al., 2017), one per seed."""

    def sample(self, size: int) -> Integer[np.ndarray, "replicates size tokens"]:
        """Draw `size` actions by each ε-greedy controller: the trials of one after another."""

    def update(
        self, actions: Integer[np.ndarray, "replicates n tokens"], rewards: Float64[np.ndarray, "replicates n"]
    ) -> None:
        """Learn from what actions earned; they count as n trials, by which ε falls."""

    def q_values(self) -> Float64[np.ndarray, "replicates tokens states options"]:
        """Q of every option of every token in every state, as in `q_update`."""

    def epsilon(self) -> float:
        """The probability with which the next token is drawn uniformly rather than greedily."""


class Search(Protocol):
    """Neural architecture search (Zoph & Le, 2017; Baker et al., 2017: MetaQNN).

    A space is given by its hyper-parameters: a dict from each one's name to the list of its options, which are numbers
    or words, fixed before any data is seen. An action is a list of tokens, one per hyper-parameter in the order of the
    dict: token t is the place of the option chosen, counted from 0.
    """

    def choices(self, hyperparameters: dict[str, Any]) -> Integer[np.ndarray, " tokens"]:
        """How many options each token has.

        What is no such space raises `ValueError` that names the hyper-parameter: no options, an option twice, and
        above all data: an array (an image, say), or options that are arrays or lists. Of those it says that they are
        "data", which are given and not chosen.
        """

    def decode(
        self, hyperparameters: dict[str, Any], actions: Integer[np.ndarray, "n tokens"]
    ) -> Annotated[list[dict[str, Any]], "n"]:
        """The hyper-parameters that each action stands for: a dict from names to options."""

    def train_architectures(
        self,
        inputs: Float[np.ndarray, "n features"],
        labels: Integer[np.ndarray, " n"],
        *,
        architectures: Annotated[list[Architecture], "architectures"],
        classes: int,
        steps: int,
        batch_size: int,
        seeds: Annotated[list[int], "architectures"],
        device: str,
    ) -> TrainedArchitectures:
        """Train one multilayer perceptron per architecture (activations "relu", "tanh" and "sigmoid").

        Hidden layers of the given widths, each followed by the activation, then a linear layer to the class scores.
        At most `steps` batches of `batch_size` inputs each; `steps = 0` returns the networks as initialised. Every
        random choice is a function of that network's seed; which other networks are trained with it changes its logits
        by no more than rounding.
        """

    def reinforce(
        self, choices: Integer[np.ndarray, " tokens"], *, seeds: Annotated[list[int], "replicates"], device: str
    ) -> PolicyController:
        """Controllers whose policy is autoregressive over tokens and learns by REINFORCE with a baseline."""

    def meta_qnn(
        self,
        choices: Integer[np.ndarray, " tokens"],
        *,
        trials: int,
        seeds: Annotated[list[int], "replicates"],
        device: str,
    ) -> QController:
        """Controllers that learn by tabular Q-learning, ε falling from 1 to at most .1 over `trials` trials."""

    def q_update(
        self,
        q_values: Float64[np.ndarray, "tokens states options"],
        choices: Integer[np.ndarray, " tokens"],
        action: Integer[np.ndarray, " tokens"],
        reward: float,
        learning_rate: float,
    ) -> Float64[np.ndarray, "tokens states options"]:
        """Q after one action: Q(s, a) ← (1 − α) Q(s, a) + α [r + max_a' Q(s', a')], the last token first.

        Token t's state is the tokens before it: q_values[t, s, a], where s counts the lists of t tokens in their
        order, s_0 = 0 and s_(t+1) = s_t · choices[t] + a_t. Places beyond a token's states and options are ignored and
        stay. Rewards come at the end only (γ = 1), and after the last token there is no state to look ahead to
        (Watkins, 1989; Baker et al., 2017, equation 3; their state is the last layer alone, which is less).
        """


class PlayerGradients(TypedDict):
    """The gradient of each player's own loss by its own parameters, under their names."""

    generator: dict[str, Float[np.ndarray, "replicates ..."]]
    discriminator: dict[str, Float[np.ndarray, "replicates ..."]]


class Players(TypedDict):
    """The parameters of both players, by name."""

    generator: dict[str, Float[np.ndarray, "replicates ..."]]
    discriminator: dict[str, Float[np.ndarray, "replicates ..."]]


class Gans(Protocol):
    """A handle on generative adversarial networks, one per seed."""

    def generate(
        self, latent: Float[np.ndarray, "replicates m latent_dimensions"]
    ) -> Float[np.ndarray, "replicates m d"]:
        """G(z): a sample for each latent vector."""

    def discriminate(self, samples: Float[np.ndarray, "replicates m d"]) -> Float[np.ndarray, "replicates m"]:
        """The discriminator's logit of each sample; D(x), the probability that x is real, is its logistic function."""

    def train(self, rounds: int, players: Literal["both", "generator", "discriminator"]) -> None:
        """Go on training: each round is one step of the discriminator, then one of the generator, or of one only.

        Each step draws a batch of its own: of latent vectors, which are standard normal, and the discriminator's of
        data too.
        """

    def gradients(
        self,
        real: Float[np.ndarray, "replicates b d"],
        latent: Float[np.ndarray, "replicates b latent_dimensions"],
    ) -> PlayerGradients:
        """The gradients of `discriminator_loss` and `generator_loss` on this batch, as a step would use them."""

    def parameters(self) -> Players:
        """Every trained number of both players."""

    def set_parameters(self, parameters: Players) -> None:
        """Replace them; the same names and shapes as `parameters` returns.

        The next step is as a first one from there: what an optimiser remembers of earlier steps is forgotten.
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

        Both are multilayer perceptrons with two hidden layers of `hidden` units. Every random choice is a function of
        the seed, as in `Classifiers`.
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
