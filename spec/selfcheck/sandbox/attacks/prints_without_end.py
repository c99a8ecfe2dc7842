"""Prints until it is stopped."""


def f1(y_true, y_pred):
    while True:
        print("\x1b[31mwell done\x1b[0m" * 100)
