"""One-hot vectors.

Their product with a matrix looks up its rows, as the homework shows; nobody computes it so, since indexing takes a
five-hundredth of the time, and the contract offers no look-up, so that there is nothing of ours to be timed.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.preprocessing import OneHotEncoder

from benchmarks.measuring import DEVICES, elsewhere
from impl import one_hot

TOKENS = 4096


@pytest.fixture(scope="module", params=[64, 512, 4096])
def text(request):
    """Tokens over a vocabulary of n words, and the place of each."""
    words = [f"word {i}" for i in range(request.param)]
    places = np.random.default_rng(0).integers(request.param, size=TOKENS)
    return [words[place] for place in places], words, places


def facts(text, by, device):
    """What both benchmarks say of themselves: only torch uses a GPU."""
    size = {"n": len(text[1]), "of": "words of vocabulary", "items": TOKENS, "unit": "tokens"}
    where = {} if by.startswith(("nn", "torch")) else elsewhere(device)
    return {"by": by, "device": device} | size | where


@pytest.mark.parametrize("by", ["ours", "scikit-learn", "torch.nn.functional"])
@pytest.mark.parametrize("device", DEVICES)
def test_one_hot(measure, text, by, device):
    """From words to dense vectors; torch is given places, which it is not timed to find."""
    tokens, words, places = text
    encoder = OneHotEncoder(categories=[np.array(words, dtype=object)], sparse_output=False)
    column = np.array(tokens, dtype=object)[:, None]
    there = torch.from_numpy(places).to(device)
    work = {
        "ours": lambda: one_hot.one_hot(tokens, words),
        "scikit-learn": lambda: encoder.fit_transform(column),
        "torch.nn.functional": lambda: F.one_hot(there, len(words)),
    }
    assert np.array_equal(torch.as_tensor(work[by]()).cpu().numpy(), work["ours"]())
    written = 8 * TOKENS * len(words)
    measure(work[by], piece=f"one-hot vectors of {TOKENS} tokens", least_bytes=written, **facts(text, by, device))
