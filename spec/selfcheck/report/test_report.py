"""How the page of a run comes about: from its results and figures, or not at all; and where the dots lie."""

import shutil

import msgspec
import pytest

from spec.harness import cli
from spec.harness.errors import SpecificationError
from spec.harness.evidence import figures, results
from spec.harness.evidence.figures import KINDS
from spec.harness.report import drawings, page, replicates
from spec.selfcheck import toy
from spec.selfcheck.examples import a_comparison, an_interval
from spec.selfcheck.records import a_claim_record, a_run, a_test_record
from spec.selfcheck.report.example_results import compared


@pytest.mark.process
def test_a_run_writes_the_report_that_its_results_make(toy_run, capsys):
    """`--claims-report` and `claims report` write the same page, from the same results, whenever."""
    assert cli.main(["report", str(toy_run / "claims.json"), "--out", str(toy_run / "again.html")]) == 0
    assert capsys.readouterr().out == f"wrote {toy_run / 'again.html'}\n"
    assert (toy_run / "again.html").read_bytes() == (toy_run / "report.html").read_bytes()
    assert not list(toy_run.glob("*.part"))


@pytest.mark.process
def test_the_report_alone_needs_no_results(toy_run):
    """`--claims-report` without `--claims-json` has its figures all the same, and leaves nothing else."""
    before = set(toy_run.iterdir())
    toy.run(toy_run, "-m", "claims", "-n", "0", "--claims-only", "toy.effect", "--claims-report", "alone.html")
    written = (toy_run / "alone.html").read_text(encoding="utf-8")
    assert "A figure" not in written
    assert '<figcaption id="caption-1">The effect.' in written
    assert {file.name for file in set(toy_run.iterdir()) - before} == {"alone.html"}


def test_a_figure_that_is_another_is_refused(run, tmp_path):
    """A figure whose data changed after the run, went missing or lies elsewhere is named; no page is written."""
    made_up, folder = run
    shutil.copytree(folder / "figures", tmp_path / "figures")
    file = tmp_path / made_up.figures[0].file
    file.write_bytes(file.read_bytes() + b"0")
    with pytest.raises(SpecificationError, match=f"{file.name}: sha256 = .*; claims.json says .*: it is another file"):
        page.write(made_up, tmp_path, tmp_path / "report.html")
    file.unlink()
    with pytest.raises(SpecificationError, match=f"{file.name}: cannot be read: No such file"):
        page.write(made_up, tmp_path, tmp_path / "report.html")
    outside = [msgspec.structs.replace(made_up.figures[0], file="../secret.npz")]
    with pytest.raises(SpecificationError, match=r"file = '../secret.npz'; expected one beside claims.json"):
        page.write(msgspec.structs.replace(made_up, figures=outside), tmp_path, tmp_path / "report.html")
    assert not list(tmp_path.glob("report*"))


@pytest.mark.parametrize("content", [b"nothing", b"PK\x03\x04 cut short"])
def test_what_is_no_figure_is_refused(tmp_path, content):
    """A file that is no archive is named."""
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(SpecificationError, match=r"x.npz: cannot be read as the data of a figure"):
        figures.read(tmp_path / "x.npz", "x")


@pytest.mark.parametrize(
    ("content", "out", "message"),
    [
        (None, "no/such/folder.html", "--out no/such/folder.html: expected a file to write"),
        (None, ".", "--out .: expected a file to write"),
        ("{}", "report.html", "claims.json: schema = None; this version reads schemas 1 to 5\n"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line(run, tmp_path, monkeypatch, capsys, content, out, message):
    """`claims report` names the place that is no file or has no folder, and what is no `claims.json`."""
    monkeypatch.chdir(tmp_path)
    results.write(run[0], tmp_path / "claims.json")
    if content is not None:
        (tmp_path / "claims.json").write_text(content)
    assert cli.main(["report", "claims.json", "--out", out]) == 2
    assert capsys.readouterr().err.startswith(f"claims: {message}")


def test_a_claim_shows_the_budgets_of_its_experiments(tmp_path):
    """As `claims.json` has them."""
    claim = a_claim_record(a_test_record())
    claim.budgets = {"ToyWorld": "at most 5,900 parameters"}
    assert "<strong>Budget of ToyWorld:</strong> at most 5,900 parameters" in page.render(a_run(claim), tmp_path)


def test_every_kind_has_its_drawer():
    """What a figure may be, the report draws."""
    assert set(drawings.DRAWERS) == set(KINDS)


@pytest.mark.parametrize("mean", [-0.3, 0.0, 0.1, 0.3, 5.0])
@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.02, 3.0])
@pytest.mark.parametrize("registered", [a_comparison(looks=(20,)), an_interval(-0.1, 0.1, looks=(20,))])
def test_dots_lie_where_their_values_are_and_apart(mean, spread, registered):
    """Whatever the values, dots are in their order along the line, on their side of the margin, and none hides one."""
    record = compared("effect", registered, mean, spread)
    drawn = replicates.picture(record)
    assert sum(dot.counts for dot in drawn.dots) == record.exceed
    start, end = drawn.counted
    for dot, value in zip(drawn.dots, record.values, strict=True):
        assert 0 <= dot.x <= 100
        assert 0 < dot.y < drawn.line < drawn.height
        assert dot.counts == (start - 0.01 <= dot.x <= end + 0.01) or spread < 0.001
        assert dot.value == value
    in_order = sorted(drawn.dots, key=lambda dot: dot.value)
    assert [dot.x for dot in in_order] == sorted(dot.x for dot in in_order)
    for i, one in enumerate(drawn.dots):
        for other in drawn.dots[:i]:
            apart = abs(one.x - other.x) >= replicates.TOUCHING - 0.01, abs(one.y - other.y) >= 2 * drawn.radius
            assert any(apart)


def test_numbers_have_a_minus_sign():
    """Three digits, a sign where it matters, and a minus that is one."""
    assert [replicates.number(value, True) for value in (0.25, -0.1234, 0.0)] == ["+0.25", "−0.123", "+0"]
    assert replicates.number(-1e-7) == "−1e−07"
    assert replicates.number(None) == ""
