"""Independent implementations behind the same contract: thin adapters to libraries that nobody here wrote.

Each folder is what `--impl` takes. What a library does not offer is left out, and the claims that need it are missing.
"""
