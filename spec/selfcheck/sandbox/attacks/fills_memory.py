"""Takes memory until there is none."""


def f1(y_true, y_pred):
    kept = []
    while True:
        kept.append(bytearray(2**24))
