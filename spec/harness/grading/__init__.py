"""Grading: from one submission, or a whole class, to grades that give their reasons.

A submission is graded by one run of pytest in a process of its own, which writes a `claims.json`; everything after that
is a pure function of this file, the assignment and the registry.
"""
