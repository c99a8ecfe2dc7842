"""The example site: the report of a run, and a graded class of this repository's peers with everyone's feedback.

    python .github/example_site.py SITE GRADES

writes SITE/index.html beside SITE/report.html, and copies what `claims export html` and `summary` made of GRADES.
"""

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
:root { color-scheme: light dark; }
body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
</style>
<main>
<h1>Examples</h1>
<p><a href="report.html">The report of a run</a>: <code>pytest -m claims --claims-report report.html</code>, about this
repository's own implementation.</p>
<p><a href="SUMMARY">A graded class</a>: <code>claims grade class/* --out grades --exact</code>, about adapters to
libraries, most of which offer only some of what is asked for; with everybody's feedback.</p>
</main>
</html>
"""


def main(site: Path, grades: Path) -> None:
    """Copy the pages of the class, and write the page that links to its summary."""
    shutil.copytree(grades / "exports", site / "class", dirs_exist_ok=True)
    (summary,) = (site / "class" / "summary").glob("*.html")
    (site / "index.html").write_text(PAGE.replace("SUMMARY", summary.relative_to(site).as_posix()), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
