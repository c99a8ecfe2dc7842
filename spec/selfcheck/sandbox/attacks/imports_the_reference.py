"""Asks the project's own implementation."""


def f1(y_true, y_pred):
    from impl import metrics

    return metrics.f1(y_true, y_pred)
