"""A minimal implementation of everything the specification speaks of: one short module per topic of `spec/contract.py`.

Each module opens with what it is, where it comes from and its shapes, and reads from top to bottom. Nothing here knows
of `spec`: these are the functions under test.
"""
