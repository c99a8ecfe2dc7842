"""Training generative adversarial networks: all replicates as one batch, beside a loop over seeds."""

from functools import partial

import numpy as np
import pytest
import torch

from benchmarks.measuring import BATCHES_AND_LOOPS, DEVICES
from impl import gan
from impl.players import discriminator_gradient, generator_gradient
from spec.q5_adversarial_training import stimuli
from spec.q5_adversarial_training.experiments import RingGans

ROUNDS = 16
"""Of a step of each player."""
BUDGET = RingGans.budget


def ring(replicates):
    """Each replicate's points, (r, 4000, 2)."""
    return np.stack([stimuli.ring(RingGans.LEARNED, np.random.default_rng(seed)) for seed in range(replicates)])


def untrained(points, seeds, device):
    """Networks of the specification's experiment on the ring."""
    return gan.gans(
        points,
        latent_dimensions=BUDGET["latent_dimensions"],
        saturating=BUDGET["saturating"],
        hidden=BUDGET["hidden"],
        learning_rate=BUDGET["learning_rate"],
        batch_size=BUDGET["batch_size"],
        seeds=seeds,
        device=device,
    )


def loop(replicates):
    """Train them one after another."""
    for gans in replicates:
        gans.train(ROUNDS, "both")


@pytest.mark.parametrize(("n", "by"), BATCHES_AND_LOOPS)
@pytest.mark.parametrize("device", DEVICES)
def test_replicates(measure, by, n, device):
    """All as one batch, or one after another; both come to the same parameters but for rounding.

    Adam divides by a gradient's size: where that is about 0, rounding moves a parameter by a step. So the mean counts.
    """
    points = ring(n)
    batch = untrained(points, list(range(n)), device)
    work = partial(batch.train, ROUNDS, "both")
    if by != "ours":
        replicates = [untrained(points[seed : seed + 1], [seed], device) for seed in range(n)]
        work()
        loop(replicates)
        for player, expected in batch.parameters().items():
            for name, value in expected.items():
                array = np.concatenate([gans.parameters()[player][name] for gans in replicates])
                assert np.abs(array - value).mean() < 1e-4, f"{player} {name}"
        work = partial(loop, replicates)
    measure(
        work,
        piece=f"{ROUNDS} rounds of GANs on the ring",
        by=by,
        n=n,
        of="replicates",
        items=ROUNDS * n,
        unit="rounds",
        device=device,
        **({} if by == "ours" else {"target": 7}),
    )


@pytest.mark.gpu
@pytest.mark.parametrize("by", ["ours", "ours in a CUDA graph"])
@pytest.mark.parametrize("n", [1, 16, 256])
def test_cuda_graph(measure, by, n):
    """A round on given batches, launched step by step, or recorded once and replayed: both end at the same place."""
    points = torch.from_numpy(ring(n)[:, : BUDGET["batch_size"]]).float().cuda()
    shape = (n, BUDGET["batch_size"], BUDGET["latent_dimensions"])
    latent = torch.randn(shape, generator=torch.Generator().manual_seed(0)).cuda()

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
            player: torch.optim.Adam(list(weights.values()), lr=BUDGET["learning_rate"], fused=True, capturable=True)
            for player, weights in players.items()
        }

        def a_round():
            for player, optimiser in optimisers.items():
                if player == "discriminator":
                    gradient = discriminator_gradient(players, points, latent)
                else:
                    gradient = generator_gradient(players, latent, BUDGET["saturating"])
                for value, array in zip(players[player].values(), gradient, strict=True):
                    value.grad = array
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
    for player, array in players.items():
        torch.testing.assert_close(array, recorded_players[player], atol=1e-4, rtol=1e-3)

    work = partial(rounds, a_round if by == "ours" else graph.replay)
    piece = f"{ROUNDS} rounds of GANs on the same batch"
    measure(work, piece=piece, by=by, n=n, of="replicates", items=ROUNDS * n, unit="rounds", device="cuda")
