"""Implementations that try to be graded better than they are, or to disturb others.

Each is a module whose `f1` does not know F1. `facts.py`, written by the test, tells them more than they could find out:
where a file of the user's lies, another process's number, a server's port, and the answer — which an attack returns
only once it has done what should be impossible.
"""
