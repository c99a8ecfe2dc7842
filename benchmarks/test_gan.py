"""Training generative adversarial networks: all replicates as one batch, beside a loop over seeds."""

from functools import partial

import numpy as np
import pytest
import torch

from benchmarks.measuring import DEVICES
from impl import gan
from impl.players import discriminator_gradient, generator_gradient
from spec.q5_adversarial_training import judges
from spec.q5_adversarial_training.experiment import RingGans

ROUNDS = 16
"""Of a step of each player."""
PIECE = f"{ROUNDS} rounds of GANs on the ring"


def ring(replicates):
    """Each replicate's points, (r, 4000, 2)."""
    return np.stack([judges.ring(RingGans.LEARNED, np.random.default_rng(seed)) for seed in range(replicates)])


def untrained(points, seeds, device):
    """Networks of the specification's experiment on the ring."""
    return gan.gans(
        points,
        latent_dimensions=RingGans.LATENT,
        saturating=RingGans.SATURATING,
        hidden=RingGans.HIDDEN,
        learning_rate=RingGans.LEARNING_RATE,
        batch_size=RingGans.BATCH,
        seeds=seeds,
        device=device,
    )


def loop(each):
    """Train them one after another."""
    for gans in each:
        gans.train(ROUNDS, "both")


def measured(measure, work, by, n, device, **facts):
    """Time it as rounds times replicates."""
    measure(work, piece=PIECE, by=by, n=n, of="replicates", items=ROUNDS * n, unit="rounds", device=device, **facts)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", [1, 4, 16, 64, 256, 1024])
def test_replicates(measure, n, device):
    """All as one batch."""
    gans = untrained(ring(n), list(range(n)), device)
    measured(measure, partial(gans.train, ROUNDS, "both"), "ours", n, device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", [16, 64])
def test_loop(measure, n, device):
    """One after another; both come to the same parameters but for rounding.

    Adam divides by a gradient's size: where that is about 0, rounding moves a parameter by a step. So the mean counts.
    """
    points = ring(n)
    each = [untrained(points[seed : seed + 1], [seed], device) for seed in range(n)]
    batch = untrained(points, list(range(n)), device)
    batch.train(ROUNDS, "both")
    loop(each)
    for player, expected in batch.parameters().items():
        for name, value in expected.items():
            own = np.concatenate([gans.parameters()[player][name] for gans in each])
            assert np.abs(own - value).mean() < 1e-4, f"{player} {name}"
    measured(measure, partial(loop, each), "a loop over seeds", n, device, target=6)


@pytest.mark.gpu
@pytest.mark.parametrize("n", [1, 16, 256])
@pytest.mark.parametrize("by", ["ours", "ours in a CUDA graph"])
def test_cuda_graph(measure, by, n):
    """A round on given batches, launched step by step, or recorded once and replayed: both end at the same place."""
    points = torch.from_numpy(ring(n)[:, : RingGans.BATCH]).float().cuda()
    latent = torch.randn(n, RingGans.BATCH, RingGans.LATENT, generator=torch.Generator().manual_seed(0)).cuda()

    def prepared():
        gans = untrained(ring(n), list(range(n)), "cuda")
        players = {
            player: {
                name: torch.from_numpy(value).cuda().requires_grad_()
                for name, value in gans.parameters()[player].items()
            }
            for player in ("discriminator", "generator")
        }
        optimisers = {
            player: torch.optim.Adam(list(own.values()), lr=RingGans.LEARNING_RATE, fused=True, capturable=True)
            for player, own in players.items()
        }

        def a_round():
            for player, optimiser in optimisers.items():
                if player == "discriminator":
                    gradient = discriminator_gradient(players, points, latent)
                else:
                    gradient = generator_gradient(players, latent, RingGans.SATURATING)
                for value, own in zip(players[player].values(), gradient, strict=True):
                    value.grad = own
                optimiser.step()

        return players, a_round

    def rounds(once):
        for _ in range(ROUNDS):
            once()

    players, a_round = prepared()
    recorded_players, recorded_round = prepared()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # Adam's state is allocated before the recording
        recorded_round()
        recorded_round()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        recorded_round()
    graph.replay()
    for _ in range(3):
        a_round()
    for player, own in players.items():
        torch.testing.assert_close(own, recorded_players[player], atol=1e-4, rtol=1e-3)

    work = partial(rounds, a_round if by == "ours" else graph.replay)
    piece = f"{ROUNDS} rounds of GANs on the same batch"
    measure(work, piece=piece, by=by, n=n, of="replicates", items=ROUNDS * n, unit="rounds", device="cuda")
