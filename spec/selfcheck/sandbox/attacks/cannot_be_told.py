"""Raises an exception that raises when asked what it says."""


class Silent(Exception):
    def __str__(self):
        raise Silent


def f1(y_true, y_pred):
    raise Silent
