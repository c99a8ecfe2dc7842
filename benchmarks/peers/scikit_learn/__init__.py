"""scikit-learn behind the contract."""
