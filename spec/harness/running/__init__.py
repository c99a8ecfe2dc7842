"""One run of pytest: its plugin, its options, its directory, and which worker runs what."""
