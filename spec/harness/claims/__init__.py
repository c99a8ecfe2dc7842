"""What is claimed, by which tests, and how a comparison over replicates is decided."""
