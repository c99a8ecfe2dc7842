"""Question 2: catching thieves, and the metrics of classification."""
