"""What people read of a run: the tables of the terminal, and one web page.

`terminal` prints tables of runs, `specification` what is registered. `page` fills a template from `claims.json` and the
figure data beside it; `drawings` draws each kind of figure, `replicates` the dots of a comparison.
"""
