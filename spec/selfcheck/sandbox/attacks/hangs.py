"""Never answers."""


def f1(y_true, y_pred):
    while True:
        pass
