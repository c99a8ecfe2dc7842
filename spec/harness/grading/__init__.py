"""Grading: from a submission, or a whole class of them, to grades that explain themselves.

One submission is one run of pytest in a process of its own, which ends in a `claims.json`; all that comes after it is a
pure function of that file and of the assignment.
"""
