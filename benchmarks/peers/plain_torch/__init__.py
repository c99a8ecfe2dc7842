"""The whole contract as most people would write it: ordinary PyTorch, a network and an optimiser per seed."""
