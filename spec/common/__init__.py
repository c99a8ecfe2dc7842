"""What several questions share; a question imports nothing of another."""
