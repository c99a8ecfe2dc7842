"""Stands beside the attacks: what it is graded must not change for them."""


def f1(y_true, y_pred):
    hits = float(((y_true == 1) & (y_pred == 1)).sum())
    return 2 * hits / float(y_true.sum() + y_pred.sum())
