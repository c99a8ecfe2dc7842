"""torch.nn behind the contract."""
