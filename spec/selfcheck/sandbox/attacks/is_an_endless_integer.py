"""Returns an integer of millions of digits."""


def f1(y_true, y_pred):
    return 1 << 10**8
