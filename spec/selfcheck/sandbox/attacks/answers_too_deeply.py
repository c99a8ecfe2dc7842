"""Returns a list in a list in a list."""


def f1(y_true, y_pred):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
