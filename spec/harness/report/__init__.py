"""What people read of a run: the tables of the terminal, and one web page.

Each is a pure function of `claims.json` and the figure data beside it. `page` lays out what stands on the page,
`drawings` draws each kind of figure, `replicates` the dots of a comparison.
"""
