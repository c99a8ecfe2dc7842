"""Returns a list that holds itself."""


def f1(y_true, y_pred):
    nested = []
    nested.append(nested)
    return nested
