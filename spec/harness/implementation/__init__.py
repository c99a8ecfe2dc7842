"""How the implementation under test is found and asked, and what may cross between it and the specification."""
