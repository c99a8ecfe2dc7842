"""torch's one-hot vectors."""

import numpy as np
import torch
import torch.nn.functional as F


def vocabulary(tokens: list[str]) -> list[str]:
    """The distinct tokens as they first occur; torch knows no words."""
    return list(dict.fromkeys(tokens))


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """`one_hot` of each token's place."""
    place = {token: i for i, token in enumerate(vocabulary)}
    return (
        F.one_hot(torch.tensor([place[token] for token in tokens], dtype=torch.long), len(vocabulary)).double().numpy()
    )
