"""Question 1: cats and faces, attention against convolution."""
