"""The report, in a real browser: what stands on it, what can be done with it, and who can read it."""

import os
import shutil
from contextlib import contextmanager
from statistics import median

import msgspec
import pytest

from spec.harness import cli
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence import figures
from spec.harness.evidence import results as claims_json
from spec.harness.evidence.experiments import replicate_seeds
from spec.harness.evidence.figures import KINDS
from spec.harness.report import drawings, replicates
from spec.harness.report import page as report
from spec.harness.report.page import visible
from spec.selfcheck import toy
from spec.selfcheck.examples import a_comparison, an_interval
from spec.selfcheck.report.example_results import (
    AMENDED,
    CONDITION,
    HOSTILE,
    QUOTES,
    REASON,
    as_large_as_a_whole_run,
    compared,
    everything,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
OPEN_EVERYTHING = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; continuous integration installs it, so there its absence is a failure."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        reason = f"needs a browser; none of {', '.join(BROWSERS)} is installed"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with everything in it, and where its figures lie."""
    folder = tmp_path_factory.mktemp("everything")
    return everything(folder), folder


@pytest.fixture(scope="module")
def page_file(run):
    """The page of that run."""
    results, folder = run
    report.write(results, folder, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """A page as large as that of a whole run."""
    folder = tmp_path_factory.mktemp("large")
    report.write(as_large_as_a_whole_run(folder), folder, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory):
    """A real run of a small specification, which wrote both its `claims.json` and its report."""
    root = toy.build(tmp_path_factory.mktemp("toy"))
    files = "--claims-json", "claims.json", "--claims-report", "report.html"
    completed = toy.run(root, "-m", "claims", "-n", "0", *files)
    assert (root / "report.html").exists(), completed.stdout + completed.stderr
    return root


@contextmanager
def opened(browser, file, **options):
    """The page in a tab of its own; an empty one, where there is no file."""
    context = browser.new_context(**{"viewport": DESKTOP} | options)
    try:
        tab = context.new_page()
        if file:
            tab.goto(file.as_uri())
        yield tab
    finally:
        context.close()


@pytest.fixture
def tab(browser, page_file):
    """The page on a desktop."""
    with opened(browser, page_file) as tab:
        yield tab


def seen_of(tab, selector, what="each.id"):
    """Something of each element that can be seen."""
    visible_ones = f"[...document.querySelectorAll({selector!r})].filter((each) => each.checkVisibility())"
    return tab.evaluate(f"{visible_ones}.map((each) => {what})")


def shown(tab):
    """The ids of the claims that can be seen."""
    return seen_of(tab, "article.claim")


def claims_where(run, wanted):
    """The ids of the claims of a run that are as wanted."""
    return [claim.id for claim in run[0].claims if wanted(claim)]


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_says_nothing_on_the_console_and_asks_for_nothing(browser, page_file, viewport):
    """No errors, no warnings, no scripts that fail; and no request but for the page itself."""
    said, asked = [], []
    context = browser.new_context(viewport=viewport)
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page_file.as_uri())
    tab.evaluate(OPEN_EVERYTHING)
    tab.select_option("#role", "boundary")
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]


def test_all_that_is_known_of_a_claim_is_there(tab, run):
    """Texts, verdict and outcome, and every test's sentence, comparisons and exact statements, word for word."""
    for claim in run[0].claims:
        article = tab.text_content(f'[id="{claim.id}"]')
        texts = [claim.id, claim.fa, claim.en, claim.criterion, claim.registered_verdict, claim.outcome.value]
        texts += [text for text in (claim.condition, claim.reason, claim.amended) if text]
        for test in claim.tests:
            texts += [test.says or test.nodeid, visible(test.message)]
            texts += [text for seen in test.evidence for text in (seen.what, seen.varies or "")]
        assert [text for text in texts if text not in article] == []
    header = tab.text_content("header")
    assert "10 of 15" not in header
    counted = run[0].counted()
    assert f"{sum(claim.as_registered for claim in counted)} of {len(counted)}" in header
    assert all(value in tab.text_content("footer") for value in run[0].environment.values())


def test_what_is_not_simply_true_comes_first(tab, run):
    """Claims that came out otherwise than registered, and those refuted, undecided or conditional, precede the rest."""
    found = {heading: tab.text_content(f"section[aria-labelledby={heading}-heading]") for heading in
             ("unexpected", "refuted", "undecided", "conditional")}  # fmt: skip
    assert all(claim.id in found["unexpected"] for claim in run[0].counted() if not claim.as_registered)
    assert all(text in found["refuted"] for text in ("toy.refuted", REASON, AMENDED))
    assert "0 of 12 replicates exceed +0.1" in found["refuted"]
    assert "Instead: effect of the toy: 12 of 12 replicates exceed +0.1, mean +0.3" in found["refuted"]
    assert "toy.undecided" in found["undecided"]
    assert all(text in found["conditional"] for text in ("toy.conditional", CONDITION))
    heights = [tab.query_selector(f"#{heading}-heading").bounding_box()["y"] for heading in (*found, "claims")]
    assert heights == sorted(heights)


COMPARISONS = """[...document.querySelectorAll('.comparison')].map((figure) => ({
  dots: figure.querySelectorAll('circle').length,
  filled: figure.querySelectorAll('circle:not(.misses)').length,
  caption: figure.querySelector('figcaption').textContent,
  values: [...figure.querySelectorAll('li')].map((each) => each.textContent),
}))"""


def test_dots_can_be_counted(tab, run):
    """Every comparison has a dot per replicate, filled where it counts, and says as many; each has value and seed."""
    compared_claims = [seen for claim in run[0].claims for role in ("claim", "amended", "boundary", "control")
                       for test in claim.tests if test.role == role
                       for seen in test.evidence if seen.comparison]  # fmt: skip
    drawn = tab.evaluate(COMPARISONS)
    assert len(drawn) == len(compared_claims) > 5
    for seen, figure in zip(compared_claims, drawn, strict=True):
        assert (figure["dots"], figure["filled"]) == (seen.replicates, seen.exceed)
        caption = " ".join(figure["caption"].split())
        assert f"{seen.exceed} of {seen.replicates} replicates" in caption
        assert f"({seen.needed} needed): {seen.outcome.value}." in caption
        assert f"n = {seen.replicates}; varies: {seen.varies}" in caption
        values = [item.split() for item in figure["values"]]
        numbers = [replicates.number(value, seen.verb == "exceeds") for value in seen.values]
        assert [value for value, _ in values] == numbers
        assert [int(seed) for _, seed in values] == replicate_seeds(run[0].seed, seen.replicates)


def test_every_kind_of_figure_is_drawn(tab):
    """Diagrams, tables and rows of pictures, each with a caption of its own that a screen reader is told."""
    captions = seen_of(tab, "figure.drawing figcaption", "each.textContent")
    assert [caption.partition(".")[0] for caption in captions] == [f"A figure of kind {kind}" for kind in KINDS]
    assert min(seen_of(tab, "figure.drawing", "each.clientHeight")) > 30
    told = seen_of(
        tab,
        "figure.drawing [aria-labelledby]",
        "document.getElementById(each.getAttribute('aria-labelledby')).textContent",
    )
    assert len(told) == len(KINDS) - 2  # rows of pictures have names of their own
    assert set(told) <= set(captions)
    assert tab.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")


def test_every_kind_has_its_drawer():
    """What `evidence.figure` takes, the report draws."""
    assert set(drawings.DRAWERS) == set(KINDS)


@pytest.mark.parametrize(
    ("control", "value", "wanted"),
    [
        ("question", "q2_numbers", lambda claim: claim.question == "q2_numbers"),
        ("verdict", "conditional", lambda claim: claim.registered_verdict == "conditional"),
        ("outcome", "crash", lambda claim: claim.outcome is Outcome.CRASH),
        ("outcome", "unexpected", lambda claim: not claim.as_registered),
        ("role", "boundary", lambda claim: any(test.role == "boundary" for test in claim.tests)),
    ],
)
def test_filters(tab, run, control, value, wanted):
    """Each filter leaves the claims that it names, counts them, and hides questions that have none."""
    tab.select_option(f"#{control}", value)
    expected = claims_where(run, wanted)
    assert 0 < len(expected) < len(run[0].claims)
    assert shown(tab) == expected
    assert tab.text_content("#found") == f"{len(expected)} of {len(run[0].claims)} claims"
    questions = {claim.question for claim in run[0].claims if claim.id in expected}
    assert set(seen_of(tab, "section.question")) == questions


def test_filters_go_together(tab):
    """A claim is shown that all filters name, and none where they contradict each other, which is said."""
    tab.select_option("#question", "q2_numbers")
    tab.select_option("#verdict", "refuted")
    assert shown(tab) == ["toy.refuted"]
    tab.select_option("#role", "control")
    assert shown(tab) == []
    assert "No claim matches" in tab.text_content("#none")
    tab.click("#reset")
    assert tab.text_content("#found") == "15 claims"
    assert not tab.is_visible("#none")


def test_a_role_shows_its_tests_alone(tab):
    """With a role chosen, its tests are open and those of other roles are gone."""
    tab.select_option("#role", "control")
    assert set(seen_of(tab, "details.role", "each.dataset.role")) == {"control"}
    assert seen_of(tab, "[data-role=control] li.test", "each.innerText")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("TOY.HOLDS effect", ["toy.holds"]),
        ("looked at from here", ["toy.boundary-elsewhere", "toy.conditional"]),
        ("مناسبي بين", ["toy.conditional"]),
        ("nobody wrote this", []),
    ],
    ids=["case", "condition", "Persian with an Arabic keyboard", "nothing"],
)
def test_search(tab, words, found):
    """All words have to occur, in whichever case, language or keyboard."""
    tab.fill("#search", words)
    assert shown(tab) == found


def test_a_link_to_a_hidden_claim_shows_it(tab):
    """Following a link to a claim that a filter hides takes the filter back."""
    tab.select_option("#verdict", "refuted")
    tab.click("section[aria-labelledby=conditional-heading] a")
    tab.wait_for_function("location.hash !== ''")
    assert "toy.boundary-elsewhere" in shown(tab)


@pytest.mark.parametrize("hidden", ["en", "fa"])
def test_either_language_can_be_hidden(tab, hidden):
    """With one language off, its texts are gone and the other's stay."""
    other = {"en": "fa", "fa": "en"}[hidden]
    claims = len(shown(tab))
    for on in (True, False, True):
        tab.set_checked(f"#show-{hidden}", on)
        assert len(seen_of(tab, f"article .{hidden}")) == (claims if on else 0)
        assert len(seen_of(tab, f".findings .{hidden}")) > 0 if on else not seen_of(tab, f".{hidden}")
        assert len(seen_of(tab, f"article .{other}")) == claims


PLACES = """(claim) => {
  const quote = document.getElementById(claim).querySelector('.fa');
  const text = quote.querySelector('bdi').firstChild;
  const words = text.data.split(' ');
  const box = (from, to) => {
    const range = document.createRange();
    range.setStart(text, from);
    range.setEnd(text, to);
    return range.getBoundingClientRect();
  };
  const outer = quote.getBoundingClientRect();
  const all = box(0, text.length);
  return {
    paragraph: getComputedStyle(quote).direction, language: quote.lang,
    direction: getComputedStyle(quote.querySelector('bdi')).direction,
    fromRight: outer.right - all.right, fromLeft: all.left - outer.left,
    first: box(0, words[0].length).left, last: box(text.length - words.at(-1).length, text.length).left,
  };
}"""


@pytest.mark.parametrize(("claim", "direction"), [("toy.holds", "rtl"), ("toy.conditional", "rtl"),
                                                  ("toy.refuted", "ltr")])  # fmt: skip
def test_persian_runs_from_right_to_left(tab, claim, direction):
    """Quotes stand at the right, in Persian; their first word is the rightmost, but for formulas, which run as such."""
    found = tab.evaluate(PLACES, claim)
    assert (found["language"], found["paragraph"], found["direction"]) == ("fa", "rtl", direction)
    assert found["fromRight"] < 20 < found["fromLeft"]
    assert (found["first"] > found["last"]) == (direction == "rtl")
    assert QUOTES["begins-foreign"] in tab.text_content('[id="toy.conditional"] .fa')


def test_a_telephone_never_scrolls_sideways(browser, page_file, large_file):
    """At 360 pixels nothing sticks out, with everything opened; tables that are wider scroll by themselves."""
    for file in (page_file, large_file):
        with opened(browser, file, viewport=PHONE) as tab:
            tab.evaluate(OPEN_EVERYTHING)
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360
            if file == page_file:
                inside = ":is(main, header, footer) :not(.scroll *, svg *)"
                assert max(seen_of(tab, inside, "each.getBoundingClientRect().right")) <= 361


def luminance(colour: str) -> float:
    """How bright an rgb(…) colour is, 0 … 255."""
    return sum(float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 3


def paper_and_ink(tab) -> tuple[float, float]:
    """How bright the page and its letters are."""
    style = "getComputedStyle(document.body)"
    return luminance(tab.evaluate(f"{style}.backgroundColor")), luminance(tab.evaluate(f"{style}.color"))


def test_light_and_dark(browser, page_file):
    """The page follows the reader's system, and the button turns it the other way and back, and says which it is."""
    for scheme, is_dark in (("light", False), ("dark", True)):
        with opened(browser, page_file, color_scheme=scheme) as tab:
            for dark in (is_dark, not is_dark, is_dark):
                paper, ink = paper_and_ink(tab)
                assert (paper < 60 and ink > 200) if dark else (paper > 240 and ink < 60)
                assert tab.get_attribute("#theme", "aria-pressed") == str(dark).lower()
                strokes = tab.evaluate("getComputedStyle(document.querySelector('.panels text')).fill")
                assert (luminance(strokes) > 150) == dark
                tab.click("#theme")


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, page_file, scheme, viewport):
    """Contrast, names, roles, headings, landmarks, lists: axe has nothing to say against the page, all of it open."""
    from axe_playwright_python.sync_playwright import Axe

    # The page allows no scripts but its own; axe is one.
    with opened(browser, page_file, color_scheme=scheme, viewport=viewport, bypass_csp=True) as tab:
        tab.evaluate(OPEN_EVERYTHING)
        found = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert found.response["violations"] == [], found.generate_report()


def test_the_keyboard_reaches_everything(tab):
    """The first stop leads past the header; stops can be seen; the filters answer to keys alone."""
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") > 0
    tab.focus("#search")
    tab.keyboard.type("toy.refuted")
    assert shown(tab) == ["toy.refuted"]
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "question"
    tab.focus('[id="toy.refuted"] summary')
    tab.keyboard.press("Enter")
    assert not tab.evaluate("document.activeElement.parentElement.open")


def test_nothing_moves(tab):
    """There are no animations, so that nobody who asks for less motion gets any."""
    moving = tab.evaluate("[...document.querySelectorAll('*')].filter((each) => { const style = getComputedStyle(each);"
                          "return style.animationName !== 'none' || style.transitionDuration !== '0s'"
                          "|| style.scrollBehavior !== 'auto'; }).length")  # fmt: skip
    assert moving == 0


def test_without_scripts_it_can_be_read(browser, page_file, run):
    """All claims, tests and pictures are there; what needs a script is not offered."""
    with opened(browser, page_file, java_script_enabled=False) as tab:
        assert len(shown(tab)) == len(run[0].claims)
        assert not tab.is_visible(".filters")
        tab.click("details.role[data-role=control] > summary")
        assert tab.is_visible("details.role[data-role=control] figure")


def test_paper_is_white_and_shows_what_is_closed(browser, page_file):
    """Printed from a dark screen the page is black on white, without filters, and closed tests are printed."""
    with opened(browser, page_file, color_scheme="dark") as tab:
        closed = "[data-role=control] figure"
        assert seen_of(tab, closed) == []
        tab.emulate_media(media="print")
        assert paper_and_ink(tab)[1] < 60
        assert not tab.is_visible(".filters")
        assert seen_of(tab, closed, "each.clientHeight > 50") == [True]
        assert tab.pdf().startswith(b"%PDF")


def test_hostile_text_is_text(tab):
    """What an implementation says stands there as it was said, and does nothing; what turns text around is spelt."""
    assert tab.title().startswith("15 claims, decided: </pre></style></script><script>document.title")
    assert len(tab.query_selector_all("script")) == 1
    assert tab.query_selector("[onerror]") is None
    messages = seen_of(tab, "article .message", "each.textContent")
    assert f"this is why: {HOSTILE}".replace("\u202e", r"\u202e") in messages
    assert "\u202e" not in tab.content()


def test_no_other_script_runs(tab):
    """Even a script that got into the page would be refused by its content security policy."""
    tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'hacked = 1'}))")
    assert tab.evaluate("typeof hacked") == "undefined"


def test_the_page_of_a_whole_run_is_small_and_fast(browser, large_file, capsys):
    """As large as the page of a whole run gets, it has less than 3 MB, and loads in less than two seconds.

    What counts is how long the page's thread computes until the page has loaded and been painted, the median of three:
    on a machine with nothing else to do that is all there is to wait for. The time by the clock is told as well.
    """
    assert large_file.stat().st_size < 3_000_000
    painted = "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
    computed, waited = [], []
    for _ in range(3):
        with opened(browser, None, viewport=PHONE) as tab:
            measuring = tab.context.new_cdp_session(tab)
            measuring.send("Performance.enable", {"timeDomain": "threadTicks"})
            tab.goto(large_file.as_uri())
            tab.evaluate(painted)
            metrics = {each["name"]: each["value"] for each in measuring.send("Performance.getMetrics")["metrics"]}
            computed.append(metrics["TaskDuration"])
            waited.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
    with capsys.disabled():
        print(f"\nreport: {large_file.stat().st_size / 1e6:.1f} MB, computes {median(computed):.2f} s to load, "
              f"{median(waited):.2f} s by the clock")  # fmt: skip
    assert 0.01 < median(computed) < 2


@pytest.mark.process
def test_a_run_writes_the_report_that_its_results_make(toy_run, capsys):
    """`--claims-report` and `claims report` write the same page, from the same results, whenever."""
    assert cli.main(["report", str(toy_run / "claims.json"), "--out", str(toy_run / "again.html")]) == 0
    assert capsys.readouterr().out == f"wrote {toy_run / 'again.html'}\n"
    assert (toy_run / "again.html").read_bytes() == (toy_run / "report.html").read_bytes()
    assert not list(toy_run.glob("*.part"))


def test_a_real_run_is_shown(browser, toy_run):
    """Every claim of a real run is there, with its outcome, its sentences and its figure."""
    results = claims_json.read(toy_run / "claims.json")
    with opened(browser, toy_run / "report.html") as tab:
        assert shown(tab) == [claim.id for claim in results.claims]
        for claim in results.claims:
            assert claim.outcome.value in tab.text_content(f'[id="{claim.id}"] .badge')
        assert tab.is_visible('[id="toy.effect"] figure.drawing svg')
        assert "Q1 · Toys" in tab.text_content("h2#q1_toy-heading")


@pytest.mark.process
def test_the_report_alone_needs_no_results(toy_run):
    """`--claims-report` without `--claims-json` has its figures all the same, and leaves nothing else."""
    before = set(toy_run.iterdir())
    toy.run(toy_run, "-m", "claims", "-n", "0", "--claims-only", "toy.effect", "--claims-report", "alone.html")
    assert "A figure" not in (toy_run / "alone.html").read_text(encoding="utf-8")
    assert '<figcaption id="caption-1">The effect.' in (toy_run / "alone.html").read_text(encoding="utf-8")
    assert {file.name for file in set(toy_run.iterdir()) - before} == {"alone.html"}


def test_a_figure_that_is_another_is_refused(run, tmp_path):
    """A figure whose data changed after the run, went missing or lies elsewhere is named; no page is written."""
    results, folder = run
    shutil.copytree(folder / "figures", tmp_path / "figures")
    file = tmp_path / results.figures[0].file
    file.write_bytes(file.read_bytes() + b"0")
    with pytest.raises(SpecificationError, match=f"{file.name}: sha256 = .*; claims.json says .*: it is another file"):
        report.write(results, tmp_path, tmp_path / "report.html")
    file.unlink()
    with pytest.raises(SpecificationError, match=f"{file.name}: cannot be read: No such file"):
        report.write(results, tmp_path, tmp_path / "report.html")
    outside = [msgspec.structs.replace(results.figures[0], file="../secret.npz")]
    with pytest.raises(SpecificationError, match=r"file = '../secret.npz'; expected one beside claims.json"):
        report.write(msgspec.structs.replace(results, figures=outside), tmp_path, tmp_path / "report.html")
    assert not list(tmp_path.glob("report*"))


def test_what_is_no_figure_is_refused(tmp_path):
    """A file that is no archive, or holds objects, is named."""
    for content in (b"nothing", b"PK\x03\x04 cut short"):
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(SpecificationError, match=r"x.npz: cannot be read as the data of a figure"):
            figures.read(tmp_path / "x.npz", "x")


@pytest.mark.process
@pytest.mark.parametrize("out", ["no/such/folder.html", "."])
def test_where_nothing_can_be_written_is_one_line(toy_run, tmp_path, monkeypatch, capsys, out):
    """`claims report` names the place that is no file, or has no folder."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", str(toy_run / "claims.json"), "--out", out]) == 2
    assert capsys.readouterr().err.startswith(f"claims: --out {out}: expected a file to write")


def test_what_is_no_run_is_one_line(tmp_path, capsys):
    """`claims report` names the file that is no `claims.json`."""
    (tmp_path / "claims.json").write_text("{}")
    assert cli.main(["report", str(tmp_path / "claims.json"), "--out", str(tmp_path / "report.html")]) == 2
    assert (
        capsys.readouterr().err == f"claims: {tmp_path / 'claims.json'}: schema = None; this version reads schema 1\n"
    )


@pytest.mark.parametrize("mean", [-0.3, 0.0, 0.1, 0.3, 5.0])
@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.02, 3.0])
@pytest.mark.parametrize("registered", [a_comparison(replicates=20), an_interval(-0.1, 0.1, replicates=20)])
def test_dots_lie_where_their_values_are_and_apart(mean, spread, registered):
    """Whatever the values, dots are in their order along the line, on their side of the margin, and none hides one."""
    seen = compared("effect", registered, mean, spread)
    drawn = replicates.picture(seen)
    assert sum(dot.counts for dot in drawn.dots) == seen.exceed
    start, end = drawn.counted
    for dot, value in zip(drawn.dots, seen.values, strict=True):
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
