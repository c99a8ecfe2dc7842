"""What tests see, the experiments that they read, and the record of a run: `claims.json`."""
