"""The contract in NumPy alone: no library of deep learning, and every gradient written out.

It has the topics whose mathematics is short, so that the contract is seen to ask for no framework.
"""
