"""Question 4: neural architecture search."""
