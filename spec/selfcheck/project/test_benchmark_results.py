"""The page of benchmark results says what the JSON says, and nothing else."""

import json
import subprocess
import sys

import pytest

from benchmarks import results
from spec.selfcheck import toy

OURS = {"piece": "sorting", "by": "ours", "n": 10, "of": "cards", "items": 10, "unit": "cards", "device": "cpu"}


def benchmark(median, **changes):
    """One benchmark as pytest-benchmark keeps it, of which `Measure` said this."""
    stats = {"median": median, "iqr": median / 10, "rounds": 3}
    return {"fullname": "benchmarks/test_cards.py::test_sorting", "stats": stats, "extra_info": OURS | changes}


def run(*benchmarks, **info):
    """A run of these benchmarks."""
    machine = {"node": "a name that is nobody's business", "system": "Linux", "python_version": "3.11.7", "threads": 1}
    machine |= {"cpu": {"brand_raw": "A processor", "count": 2}, "libraries": {"numpy": "2.4.6"}}
    about = {"commit_info": {"id": "0123456789abcdef"}, "datetime": "2026-01-02T03:04:05+00:00"}
    return about | {"machine_info": machine | info, "benchmarks": list(benchmarks)}


def written(*benchmarks, claims=None, peer=None, **info):
    """The page of a run of these benchmarks."""
    return results.written(run(*benchmarks, **info), claims, peer)


def rows(page, heading):
    """The cells of the first table under a heading, without its head."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_ratio_is_the_others_time_over_ours():
    """Within one piece, size and device; an aim stands beside it, says where it is missed, and comes first."""
    page = written(
        benchmark(2e-3, memory=3 * 2**20, processor=2e-3),
        benchmark(5e-3, by="by hand", memory=1000, processor=3e-3),
        benchmark(1.0, n=20),
        benchmark(0.5, by="by machine", n=20, target=20, quality="tidy"),
    )
    assert rows(page, "Beside what one would use instead") == [
        ["sorting, cards: 20", "1.00 s", "by machine: 500 ms (tidy)", "**0.500×**", "", "≥ 20×, missed", "–", "–"],
        ["sorting, cards: 10", "2.00 ms", "by hand: 5.00 ms", "**2.50×**", "1.50×", "", "3.00 MiB", "< 1 MiB"],
    ]
    assert [row[:3] for row in rows(page, "Every measurement")] == [
        ["sorting, cards: 10", "ours", "2.00 ms"],
        ["sorting, cards: 10", "by hand", "5.00 ms"],
        ["sorting, cards: 20", "ours", "1.00 s"],
        ["sorting, cards: 20", "by machine", "500 ms"],
    ]


def test_an_aim_of_its_own_is_a_rate():
    """Items per second, of ours alone."""
    page = written(benchmark(0.1, target_rate=300), benchmark(0.1, n=20, target_rate=100))
    assert rows(page, "Beside what one would use instead") == [
        ["sorting, cards: 10", "100 ms", "", "**100 cards/s**", "", "≥ 300 cards/s, missed", "–", ""],
        ["sorting, cards: 20", "100 ms", "", "**100 cards/s**", "", "≥ 100 cards/s", "–", ""],
    ]


def test_exponents_are_fitted_to_three_sizes_or_more():
    """Time that is quadratic has the exponent 2; what has two sizes only has none."""
    quadratic = [benchmark(1.0, processor=1e-6 * n**2, n=n) for n in (10, 1000, 100)]
    page = written(*quadratic, benchmark(1.0, by="by hand"), benchmark(2.0, by="by hand", n=100))
    assert rows(page, "How cost grows") == [
        ["sorting", "cards: 10 … 1000", "**2.00**", "2.00", "100 µs … 1.00 s", "– … –"]
    ]


def test_a_work_is_held_against_what_the_machine_can_do():
    """At its largest size: operations beside a product of the same precision, bytes beside a copy; else nothing."""
    alone = {"n": None, "of": None, "by": "torch", "unit": "operations"}
    page = written(
        benchmark(1.0, **alone, piece=results.PRODUCT, items=8e9),
        benchmark(1.0, **alone, piece=results.PRODUCT, items=4e9, precision="double"),
        benchmark(1.0, **alone | {"unit": "bytes"}, piece=results.COPY, items=10e9),
        benchmark(1.0, operations=8e9),
        benchmark(2.0, n=20, operations=4e9, precision="double", least_bytes=5e9),
        benchmark(1.0, by="by hand", n=20, operations=8e9),
        benchmark(1.0, piece="dealing"),
    )
    assert rows(page, "How near the machine's limits") == [
        ["sorting, cards: 20", "2.00 s", "2.00 GFLOP/s", "**50 %**", "2.50 GB/s", "**25 %**"]
    ]
    assert rows(written(benchmark(1.0, operations=8e9)), "How near the machine's limits") == []


def test_without_a_gpu_nothing_is_claimed_of_it():
    """And with one its figures stand apart, in their share of its peak."""
    page = written(benchmark(1.0))
    assert "nothing was measured" in page
    large = {"unit": "operations", "device": "cuda"}
    page = written(
        benchmark(1.0),
        benchmark(1.0, **large, items=2e12, peak_rate=10e12),
        benchmark(1.0, **large, items=8e12, piece="matrix product", by="torch", n=None, of=None),
        gpu={"name": "A card", "cuda": "12.8"},
    )
    assert "nothing was measured" not in page
    assert "A card, CUDA 12.8" in page
    assert "| sorting, cards: 10 | ours | 2.0 T/s | 20 % | 25 % |" in page
    assert [row[0] for row in rows(page, "Every measurement")] == ["sorting, cards: 10"]


def test_the_page_names_versions_but_no_machine():
    """Processor, versions and commit; not the host's name."""
    page = written(benchmark(1.0))
    assert "A processor, 2 cores; Linux" in page
    assert "numpy 2.4.6" in page
    assert "2026-01-02, commit 0123456789ab" in page
    assert "nobody's business" not in page


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234567, "1 230 000"), (999.6, "1 000"), (0.01234, "0.0123"), (12, "12.0")]
)
def test_quantities_have_three_digits(value, text):
    """Whatever their size."""
    assert results.quantity(value) == text


@pytest.mark.process
def test_the_command_writes_the_page_or_says_what_is_wrong(tmp_path):
    """Nothing is written from a run that is no benchmark of ours."""
    results, page = tmp_path / "run.json", tmp_path / "page.md"
    command = [sys.executable, "-m", "benchmarks.results", str(results), "--out", str(page)]
    results.write_text(json.dumps(run(benchmark(1.0) | {"extra_info": {}})))
    refused = subprocess.run(command, cwd=toy.PROJECT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "benchmarks/test_cards.py::test_sorting was not measured by benchmarks.measuring" in refused.stderr
    assert not page.exists()
    results.write_text(json.dumps(run(benchmark(1.0))))
    subprocess.run(command, cwd=toy.PROJECT, check=True)
    assert page.read_text(encoding="utf-8") == written(benchmark(1.0))


def test_the_time_of_the_claims_is_that_of_arms_tests_and_the_rest():
    """An arm that two workers computed counts once; what no test spent is what starting takes."""
    tests = [
        {"cpu_seconds": 0.5, "arm_seconds": {"Faces.attention[18]": 4.0, "Faces.convolution[18]": 2.0}},
        {"cpu_seconds": 0.25, "arm_seconds": {"Faces.attention[18]": 3.0, "Rings.both[14]": 7.0}},
        {"cpu_seconds": None, "arm_seconds": {}},
    ]
    claims = {"seed": 5, "seconds": 9.0, "cpu_seconds": 15.0, "claims": [{"tests": tests[:1]}, {"tests": tests[1:]}]}
    page = written(benchmark(1.0), claims=claims)
    assert "at seed 5: 9 s, and 15 processor seconds" in page
    assert rows(page, "Where the time of the claims goes") == [
        ["Rings", "7.0", "both[14] 7.0"],
        ["Faces", "5.0", "attention[18] 3.0, convolution[18] 2.0"],
        ["3 tests, without what they train", "0.8", ""],
        ["starting Python on each core, importing, collecting, the table", "2.2", ""],
    ]
    assert "Where the time" not in written(benchmark(1.0))


def test_a_run_beyond_the_aim_says_what_it_would_take():
    """On as many cores as were busy: the aim less all that is no training is what trainings may take."""
    tests = [{"cpu_seconds": 30.0, "arm_seconds": {"Faces.attention[18]": 150.0}}]
    claims = {"seed": 0, "seconds": 100.0, "cpu_seconds": 190.0, "claims": [{"tests": tests}]}
    page = written(benchmark(1.0), claims=claims)
    assert "With 1.90 cores busy" in page
    assert "take trainings of 74 processor seconds in place of 150; if they took none, 21 s would be left" in page
    within = claims | {"seconds": 60.0}
    assert "The aim is" not in written(benchmark(1.0), claims=within)


def test_the_specification_on_a_peer_is_told_beside_ours():
    """Processor seconds by experiment and in all, and what each holds."""

    def claims(faces, in_all, pass_rate):
        tests = [{"cpu_seconds": 2.0, "arm_seconds": {"Faces.attention[11]": faces}}]
        return {"seed": 3, "seconds": 9.0, "cpu_seconds": in_all, "claims": [{"tests": tests}], "pass_rate": pass_rate}

    ours, peer = claims(4.0, 10.0, 1.0), claims(30.0, 40.0, 0.75)
    page = written(benchmark(1.0), claims=ours, peer=peer)
    assert "At seed 3 it holds 75 % of the graded claims, ours 100 % of the graded claims" in page
    assert rows(page, "The whole specification, ours beside plain PyTorch") == [
        ["Faces", "4.0", "30.0", "**7.50×**"],
        ["1 tests, without what they train", "2.0", "2.0", "**1.00×**"],
        ["all", "10.0", "40.0", "**4.00×**"],
    ]
    assert "beside plain PyTorch" not in written(benchmark(1.0), claims=ours)
