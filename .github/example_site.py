"""The example site: the report of a run, and a graded class of this repository's peers with everyone's feedback.

    python .github/example_site.py SITE GRADES

writes SITE/index.html, for SITE/report.html and the folder GRADES of `claims grade`, whose pages it copies.
"""

import csv
import html
import shutil
import sys
from pathlib import Path

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The claims of a deep-learning homework: examples</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .3rem .9rem .3rem 0; text-align: left; }}
td {{ font-variant-numeric: tabular-nums; }}
</style>
<main>
<h1>Examples</h1>
<h2>A run</h2>
<p><a href="report.html">The report</a> of <code>pytest -m claims --claims-report report.html</code>, about this
repository's own implementation.</p>
<h2>A graded class</h2>
<p>What <code>claims grade class/* --out grades --exact</code> found of adapters to libraries, most of which offer only
some of what is asked for; with the pages that <code>claims export html grades</code> makes for students.</p>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</main>
</html>
"""


def main(site: Path, grades: Path) -> None:
    """Copy the feedback pages and write the page that links to all."""
    shutil.copytree(grades / "exports" / "html", site / "class", dirs_exist_ok=True)
    with (grades / "grades.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    page = PAGE.format(
        head="".join(f'<th scope="col">{html.escape(title)}</th>' for title in head), body="\n".join(map(_row, rows))
    )
    (site / "index.html").write_text(page, encoding="utf-8")


def _row(cells: list[str]) -> str:
    """A submission's row of grades.csv, linked to its page."""
    name, *more = map(html.escape, cells)
    return (
        f'<tr><th scope="row"><a href="class/{name}.html">{name}</a></th>{"".join(f"<td>{c}</td>" for c in more)}</tr>'
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
