"""What question 1's experiments share: networks that learn two classes of images within a budget."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from spec.contract import TrainedClassifiers
from spec.harness import Experiment

from .measures import Sample

if TYPE_CHECKING:
    from spec.common.ensembles import Ensemble

    from .networks import FixedMixing, Mixing

Architecture = Literal["convolution", "attention"]

IMPLEMENTED: dict[Architecture, str] = {"convolution": "flat", "attention": "encoder"}
"""What the choices call the implementation's networks; any other name is one of the specification's own."""


class ImageClassification(Experiment):
    """An experiment whose networks learn two classes of images within its budget."""

    PATCH: ClassVar[int]
    """The side of attention's patches, in pixels, where that is no choice."""

    @property
    def patch(self) -> int:
        """The side of attention's patches, in pixels."""
        return self.PATCH

    def classifiers(
        self, sample: Sample, architecture: Architecture, *, positions: bool, steps: int | None = None
    ) -> TrainedClassifiers:
        """The implementation's networks, trained on a sample; `steps` are the budget's where that is None."""
        choices = {"architecture": architecture, "positions": positions, "classes": 2}
        choices |= {"learning_rate": self.budget[f"{architecture}_rate"], **self._choices(steps)}
        return self.impl.classifiers.train_classifiers(sample.images, sample.labels, **choices)

    def vessel(self, sample: Sample, architecture: Architecture, *, positions: bool = False) -> TrainedClassifiers:
        """The implementation's networks, having learned nothing: to be given the parameters of others."""
        return self.classifiers(sample.first(2), architecture, positions=positions, steps=0)

    def fixed_mixing(
        self, sample: Sample, mixing: "Mixing", *, set_layer: int = 0, steps: int | None = None
    ) -> "FixedMixing":
        """The specification's networks without attention, trained on a sample within the same budget."""
        # torch takes seconds to import, and collection has no use for it.
        from .networks import FixedMixing

        return FixedMixing(sample, mixing=mixing, set_layer=set_layer, **self._choices(steps))

    def _choices(self, steps: int | None) -> dict[str, Any]:
        return {
            "patch_size": self.patch,
            "parameter_budget": self.budget["parameters"],
            "steps": self.budget["steps"] if steps is None else steps,
            "batch_size": self.budget["batch"],
            "seeds": self.seeds,
            "device": self.device,
        }


class FaceClassification(ImageClassification):
    """An experiment in which other networks can be chosen on either side, and other patches."""

    @property
    def patch(self) -> int:
        """The side of attention's patches, in pixels."""
        return self.choices["patch"]

    def own(self, sample: Sample, name: str, architecture: Architecture, **choices: Any) -> "Ensemble":
        """One of the specification's own networks, trained on a sample within the same budget, at the same rate."""
        from spec.common.ensembles import Ensemble

        from .face_networks import widest

        budget, shape = self.budget["parameters"], sample.images.shape[2:]
        return Ensemble(
            widest(name, shape, budget, patch=self.patch, **choices),
            sample.images,
            sample.labels,
            steps=self.budget["steps"],
            batch_size=self.budget["batch"],
            learning_rate=self.budget[f"{architecture}_rate"],
            seeds=self.seeds,
            device=self.device,
        )
