"""MONAI behind the contract."""
