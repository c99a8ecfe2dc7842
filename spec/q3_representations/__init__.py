"""Question 3: representations, learned by rotation prediction and skip-gram or made by one-hot coding."""
