"""Tests of the claims themselves: their inputs, who satisfies them, and who must not."""
