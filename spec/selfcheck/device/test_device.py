"""GPU without a GPU: everything that trains gives on the pretended device, bit for bit, what it gives on the CPU.

Without tensors of the CPU among those of the device, without making the host wait for it but where answers are
handed over, and by operations alone that CUDA does the same way every time. How fast a GPU is, and how it rounds, is
for the benchmarks marked `gpu`.
"""

import inspect
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F

import impl.adversaries
import impl.classifiers
import impl.perceptrons
import impl.rotation
import impl.skip_gram
from benchmarks.arms import ARMS
from spec.contract import TOPICS
from spec.harness import device

from .learners import LEARNERS, OWN
from .pretended import NAME, Refused, gpu

HANDS_OVER = {
    "impl/classifiers.py:TrainedClassifiers._evaluate",
    "impl/classifiers.py:TrainedClassifiers.filters",
    "impl/classifiers.py:TrainedClassifiers.parameters",
    "impl/encoders.py:evaluate",
    "impl/encoders.py:Networks.encoder",
    "impl/perceptrons.py:TrainedArchitectures.logits",
    "impl/perceptrons.py:TrainedArchitectures.layers",
    "impl/skip_gram.py:train_skip_gram",  # the vectors, in the end
    "impl/adversaries.py:Gans._evaluate",
    "impl/adversaries.py:Gans.gradients",
    "impl/adversaries.py:Gans.parameters",
    "spec/common/ensembles.py:Ensemble.logits",
    "spec/q1_attention_vs_convolution/networks.py:in_parts",
    "spec/q1_attention_vs_convolution/networks.py:WindowNetworks.parameter_count",  # a number, asked for once
    "spec/q3_representations/networks.py:PairNetworks.features",
    "spec/q5_adversarial_training/networks.py:WassersteinGans.generate",
    "spec/q5_adversarial_training/networks.py:WassersteinGans.gap",
}
"""The functions in which the host waits: each returns arrays, once, and no step of a training is among them."""


def on_gpu(answers):
    """What a learner answers on the pretended device."""
    with gpu(HANDS_OVER):
        return answers(NAME)


@pytest.fixture
def settings():
    """What a run with `--device cuda` sets in each process; what was set before is set again in the end."""
    with impl.training.deterministic():
        torch.set_deterministic_debug_mode("default")
        torch.set_float32_matmul_precision("high")
        device.compute_alike_on_a_gpu()
        yield


@pytest.mark.parametrize("topic", LEARNERS)
def test_every_topic_trains_on_a_gpu_as_on_the_cpu(topic):
    """Also where the process has asked for nothing: the implementation sees to it by itself."""
    torch.testing.assert_close(on_gpu(LEARNERS[topic]), LEARNERS[topic]("cpu"), rtol=0, atol=0)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("network", OWN)
def test_the_specifications_networks_train_on_a_gpu_as_on_the_cpu(network):
    """With what `--device cuda` sets."""
    torch.testing.assert_close(on_gpu(OWN[network]), OWN[network]("cpu"), rtol=0, atol=0)


def test_every_topic_that_takes_a_device_is_tried():
    """A learner that is added to the contract is added here."""
    learn = {
        topic
        for topic, protocol in TOPICS.items()
        if any("device" in getattr(f, "__annotations__", {}) for f in vars(protocol).values())
    }
    assert learn == {name.partition(",")[0] for name in LEARNERS}


def step(loss, parameters=(), **_):
    """What every training does with its loss."""
    return torch.autograd.grad(loss, parameters)


def ones(*shape, device=NAME, **kwargs):
    """Numbers on the device."""
    return torch.ones(*shape, device=device, **kwargs)


def tf32():
    """A product where somebody has allowed TensorFloat-32."""
    torch.set_float32_matmul_precision("high")
    return ones(2, 2) @ ones(2, 2)


def any_convolution():
    """A convolution by whatever algorithm is the fastest."""
    torch.backends.cudnn.benchmark = True
    return F.conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2))


def overlapping():
    """The gradient of windows that overlap."""
    x = ones(1, 1, 5, 5).requires_grad_()
    return step(F.max_pool2d(x, 3, 1).sum(), [x])


def adaptive():
    """The gradient of a pooling without a deterministic kernel."""
    x = ones(1, 1, 5, 5).requires_grad_()
    return step(F.adaptive_max_pool2d(x, 2).sum(), [x])


def transposed_gradient():
    """A fused step down a gradient that lies otherwise in memory than its parameter."""
    weights, (mean, square), count = ones(2, 3), ones(2, 2, 3).unbind(), ones(())
    gradient = ones(3, 2).T
    settings = {"lr": 0.1, "beta1": 0.9, "beta2": 0.9, "weight_decay": 0.0, "eps": 1e-8}
    torch._fused_adamw_([weights], [gradient], [mean], [square], [], [count], amsgrad=False, maximize=False, **settings)


MUTANTS = {
    "a batch left on the CPU": lambda: ones(2, 2) @ torch.ones(2, 2),
    "a mask left on the CPU": lambda: ones(2, 2).masked_fill(torch.ones(2, 2, dtype=torch.bool), 0),
    "targets left on the CPU": lambda: F.cross_entropy(ones(2, 3), torch.tensor([0, 1])),
    "a bias left on the CPU": lambda: torch.baddbmm(torch.ones(1, 1, 2), ones(1, 2, 2), ones(1, 2, 2)),
    "an index left on the CPU": lambda: ones(3)[torch.tensor([0])],
    "an index of the device to what is on the CPU": lambda: torch.ones(3)[ones(1, dtype=torch.long)],
    "a list as an index": lambda: ones(3)[[0, 2]],
    "a mask as an index": lambda: ones(3)[ones(3) > 0],
    "item() at a step": lambda: ones(3).sum().item(),
    "a question about a loss": lambda: bool(ones(()) > 1),
    "float() of a loss": lambda: float(ones(())),
    "numpy() without cpu()": lambda: ones(3).numpy(),
    "answers fetched at a step": lambda: ones(3).cpu(),
    "nonzero": lambda: ones(3).nonzero(),
    "a generator of the CPU": lambda: torch.randn(3, device=NAME, generator=torch.Generator()),
    "index_add in any order": lambda: ones(3, 1).index_add_(0, ones(2, dtype=torch.long), ones(2, 1)),
    "a product in any order": lambda: ones(2, 2) @ ones(2, 2),
    "a product in TF32": tf32,
    "a convolution by any algorithm": any_convolution,
    "pooling windows that overlap": overlapping,
    "adaptive pooling": adaptive,
    "a gradient of another layout": transposed_gradient,
    "a tensor of no device at all": lambda: ones(2, device="meta") + ones(2),
}
"""What goes wrong on CUDA, or is slow, or comes out otherwise the next time."""
REASONS = "same device|host waits|not asked for|TensorFloat|added up in any order|no deterministic|same layout"
REASONS += "|a generator of the device|'Lazy' backend|tensor subclasses"  # torch's own words, of lists and of numpy()
UNSET = {"index_add in any order", "a product in any order"}
"""What is right where deterministic algorithms are asked for."""


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_what_cuda_refuses_is_refused(mutant):
    """And what makes it wait, or come out in another way; the same without the fault is done."""
    if mutant in UNSET:
        torch.set_deterministic_debug_mode("default")
    with gpu(), pytest.raises(RuntimeError, match=REASONS):
        MUTANTS[mutant]()
    device.compute_alike_on_a_gpu()
    if mutant in UNSET:
        with gpu():
            MUTANTS[mutant]()


@pytest.mark.parametrize(
    ("topic", "module"),
    [
        ("classifiers, convolution", impl.classifiers),
        ("skip_gram", impl.skip_gram),
        ("search, architectures", impl.perceptrons),
        ("gan", impl.adversaries),
        ("rotation", impl.rotation),
    ],
)
def test_a_training_that_asks_for_no_determinism_is_noticed(monkeypatch, topic, module):
    """Each module by itself."""
    monkeypatch.setattr(module, "deterministic", nullcontext)
    with pytest.raises(Refused, match=REASONS):
        on_gpu(LEARNERS[topic])


@pytest.mark.parametrize("place", ["impl/encoders.py:evaluate", "impl/adversaries.py:Gans.gradients"])
def test_an_answer_is_handed_over_by_the_named_functions_only(place):
    """The list is not longer than it has to be."""
    topic = LEARNERS["gan" if "Gans" in place else "rotation"]
    with gpu(HANDS_OVER - {place}), pytest.raises(Refused, match="the host waits"):
        topic(NAME)


@pytest.mark.usefixtures("settings")
def test_deterministic_leaves_the_process_as_it_was():
    """Whatever was set before, also where the training fails."""
    torch.set_float32_matmul_precision("medium")
    torch.set_deterministic_debug_mode("default")
    inside = []

    def fails():
        with impl.training.deterministic():
            inside.extend([torch.get_float32_matmul_precision(), torch.get_deterministic_debug_mode()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert inside == ["highest", 1]
    assert torch.get_float32_matmul_precision() == "medium"
    assert torch.get_deterministic_debug_mode() == 0


@pytest.mark.parametrize("experiment", ARMS, ids=lambda experiment: experiment.__name__)
def test_what_is_timed_on_a_gpu_can_be_asked_for(experiment):
    """Where no GPU is, nothing else would notice that an arm has another name or takes other arguments."""
    name, *arguments = ARMS[experiment]
    inspect.signature(getattr(experiment, name).compute).bind(experiment, *arguments)


def test_memory_is_what_is_alive_at_one_time():
    """Three tensors of 4 kB, of which two live together."""
    with gpu() as mode:
        for _ in range(3):
            x = ones(1024)
            y = x + 1
            del x, y
    assert mode.peak_bytes == 2 * 4096
