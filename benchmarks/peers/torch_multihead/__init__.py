"""torch.nn's multi-head attention behind the contract, with one head that projects nothing."""
