"""Returns more items than may be read."""


def f1(y_true, y_pred):
    return [[]] * (5 * 2**20)
