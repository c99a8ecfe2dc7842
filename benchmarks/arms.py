"""One arm of every experiment: what is timed on a GPU, and whose memory is estimated."""

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
from spec.q4_architecture_search.experiments import EndToEnd, ImageChoices, TrainedPerceptrons
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
    CoOccurringWords: ("vectors", "unigram"),
    RealText: ("embeddings", "text"),
    TrainedPerceptrons: ("networks",),
    EndToEnd: ("searched", "reinforce"),
    ImageChoices: ("resolutions",),
    RingGans: ("checkpoints",),
    DigitGans: ("checkpoints",),
}
"""Of every experiment that trains its replicates as one batch on a device, the arm that says most; its arguments."""
