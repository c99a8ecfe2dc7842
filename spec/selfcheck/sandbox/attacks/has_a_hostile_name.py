"""Raises an exception whose name and text are made for the terminal."""


def f1(y_true, y_pred):
    raise type("\x1b[2J" * 1000, (Exception,), {"__str__": lambda _: "\x1b]0;\x07\ud800" * 10**6})()
