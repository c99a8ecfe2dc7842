"""The specification's own experiments on a GPU, with 1024 replicates in one go.

One arm of each experiment, from its stimuli, which are drawn on the CPU, to what it returns: once, as it takes a while.
"""

import pytest

from spec.harness import Implementation
from spec.q1_attention_vs_convolution.cat_experiments import CatPictures, DistantMarks
from spec.q1_attention_vs_convolution.edge_experiments import ColourPhotos, FacesAsEdges
from spec.q1_attention_vs_convolution.face_experiments import RealFaces, RelationalFaces
from spec.q3_representations.rotation_experiments import (
    CleanCentredDigits,
    NoisyDisplacedDigits,
    TurnedDigits,
    UprightFaces,
)
from spec.q3_representations.skip_gram_experiments import CoOccurringWords, RealText, WordClasses
from spec.q4_architecture_search.experiments import EndToEnd, ImageChoices
from spec.q5_adversarial_training.experiments import DigitGans, RingGans

ARMS = {
    CatPictures: ("trained", "attention", "ears"),
    DistantMarks: ("attention",),
    FacesAsEdges: ("trained", "attention", "colour"),
    ColourPhotos: ("trained", "convolution", "colour"),
    RelationalFaces: ("trained", "attention"),
    RealFaces: ("trained", "convolution"),
    NoisyDisplacedDigits: ("learning_curve", "rotation"),
    CleanCentredDigits: ("learning_curve", "rotation"),
    TurnedDigits: ("learning_curve", "rotation"),
    UprightFaces: ("pretrained", "rotation"),
    WordClasses: ("vectors", "text"),
    CoOccurringWords: ("vectors",),
    RealText: ("embeddings", "text"),
    EndToEnd: ("searched", "reinforce"),
    ImageChoices: ("resolutions",),
    RingGans: ("checkpoints",),
    DigitGans: ("checkpoints",),
}
"""Of every experiment that trains its replicates as one batch on a device, the arm that says most; its arguments."""


@pytest.mark.gpu
@pytest.mark.parametrize("n", [16, 1024])
@pytest.mark.parametrize("experiment", ARMS, ids=lambda arm: arm.__name__)
def test_experiment(measure, experiment, n):
    """As `--device cuda` does it."""
    impl, (arm, *arguments) = Implementation(), ARMS[experiment]

    measure(
        lambda: getattr(experiment(impl, list(range(n)), "cuda"), arm)(*arguments),
        piece=f"{experiment.__name__}.{arm}",
        by="ours",
        n=n,
        of="replicates",
        items=n,
        unit="replicates",
        device="cuda",
        once=True,
    )
