"""Finds the implementation under test, calls it through the contract, and checks what crosses between the two."""
