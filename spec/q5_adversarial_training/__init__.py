"""Question 5: the loss of a generative adversarial network."""
