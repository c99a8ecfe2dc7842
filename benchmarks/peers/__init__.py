"""Independent implementations behind the same contract: thin adapters to libraries that nobody here wrote.

Each folder is what `--impl` takes. What a library does not offer is left out, and the claims that need it are missing.
`numpy_only` adapts no library: it is the same contract in another style. The selfcheck runs what is exact against all
of them; what is trained takes minutes, and runs on demand:

    pytest -m claims --impl=benchmarks/peers/numpy_only --claims-only skip-gram
    pytest -m claims --impl=benchmarks/peers/gensim --claims-only skip-gram
    pytest -m claims --impl=benchmarks/peers/monai --claims-only face --claims-only cat
"""
