"""torchmetrics behind the contract."""
