"""One-hot vectors, and what they are for: a product with a matrix looks up its rows."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.preprocessing import OneHotEncoder

from benchmarks.measuring import DEVICES, elsewhere
from impl import one_hot

TOKENS, DIMENSIONS = 4096, 32


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
    measure(work[by], piece=f"one-hot vectors of {TOKENS} tokens", **facts(text, by, device))


@pytest.mark.parametrize("by", ["ours", "rows of the matrix", "nn.Embedding"])
@pytest.mark.parametrize("device", DEVICES)
def test_look_up(measure, text, by, device):
    """Rows of a matrix (v, 32) for tokens: as the product it is by definition, and as what it comes to."""
    tokens, words, places = text
    matrix = np.random.default_rng(1).standard_normal((len(words), DIMENSIONS))
    embedding = torch.nn.Embedding.from_pretrained(torch.from_numpy(matrix).to(device))
    there = torch.from_numpy(places).to(device)
    work = {
        "ours": lambda: one_hot.one_hot(tokens, words) @ matrix,
        "rows of the matrix": lambda: matrix[places],
        "nn.Embedding": lambda: embedding(there),
    }
    assert np.array_equal(torch.as_tensor(work[by]()).cpu().numpy(), work["ours"]())
    measure(work[by], piece=f"look-up of {TOKENS} tokens", **facts(text, by, device))
