"""What became of every claim from one run to another."""
