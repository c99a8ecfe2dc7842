"""The page of a run, in a real browser: what stands on it, what can be done with it, and who can read it."""

import os
import shutil
from contextlib import contextmanager
from statistics import median

import pytest

from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.evidence.experiments import replicate_seeds
from spec.harness.evidence.figures import KINDS
from spec.harness.report import page, replicates
from spec.harness.report.page import visible
from spec.selfcheck.report.example_results import (
    AMENDED,
    CONDITION,
    HOSTILE,
    QUOTES,
    REASON,
    as_large_as_a_whole_run,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--no-first-run"]
FLAGS += [f"--disable-{name}" for name in ("gpu", "quic", "background-networking", "component-update", "sync")]
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
def page_file(run):
    """The page of that run."""
    made_up, folder = run
    page.write(made_up, folder, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """A page as large as that of a whole run."""
    folder = tmp_path_factory.mktemp("large")
    page.write(as_large_as_a_whole_run(folder), folder, folder / "report.html")
    return folder / "report.html"


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


def of_visible(tab, selector, what="each.id"):
    """Something of each element that can be seen."""
    elements = f"[...document.querySelectorAll({selector!r})].filter((each) => each.checkVisibility())"
    return tab.evaluate(f"{elements}.map((each) => {what})")


def visible_claims(tab):
    """The ids of the claims that can be seen."""
    return of_visible(tab, "article.claim")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_says_nothing_on_the_console_and_asks_for_nothing(browser, page_file, viewport):
    """No errors, no warnings, no scripts that fail; and no request but for the page itself."""
    messages, requests = [], []
    with opened(browser, None, viewport=viewport) as tab:
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(page_file.as_uri())
        tab.evaluate(OPEN_EVERYTHING)
        tab.select_option("#role", "boundary")
    assert messages == []
    assert [url for url in requests if not url.startswith("data:")] == [page_file.as_uri()]


def test_all_that_is_known_of_a_claim_is_there(tab, run):
    """Texts, verdict and outcome, and every test's sentence, comparisons and exact statements, word for word."""
    for claim in run[0].claims:
        article = tab.text_content(f'[id="{claim.id}"]')
        texts = [claim.id, claim.fa, claim.en, claim.criterion, claim.registered_verdict, claim.outcome.value]
        texts += [text for text in (claim.condition, claim.reason, claim.amended) if text]
        for test in claim.tests:
            texts += [test.says or test.nodeid, visible(test.message)]
            texts += [text for record in test.evidence for text in (record.what, record.varies or "")]
        assert [text for text in texts if text not in article] == []
    header = tab.text_content("header")
    assert "10 of 15" not in header
    counted = run[0].counted()
    assert f"{sum(claim.as_registered for claim in counted)} of {len(counted)}" in header
    assert all(value in tab.text_content("footer") for value in run[0].environment.values())


def test_what_is_not_simply_true_comes_first(tab, run):
    """Claims that came out otherwise than registered, and those refuted, undecided or conditional, precede the rest."""
    headings = ("unexpected", "refuted", "undecided", "conditional")
    sections = {name: tab.text_content(f"section[aria-labelledby={name}-heading]") for name in headings}
    assert all(claim.id in sections["unexpected"] for claim in run[0].counted() if not claim.as_registered)
    assert all(text in sections["refuted"] for text in ("toy.refuted", REASON, AMENDED))
    assert "0 of 12 replicates exceed +0.1" in sections["refuted"]
    assert "Instead: effect of the toy: 12 of 12 replicates exceed +0.1, mean +0.3" in sections["refuted"]
    assert "toy.undecided" in sections["undecided"]
    assert all(text in sections["conditional"] for text in ("toy.conditional", CONDITION))
    heights = [tab.query_selector(f"#{name}-heading").bounding_box()["y"] for name in (*headings, "claims")]
    assert heights == sorted(heights)


COMPARISONS = """[...document.querySelectorAll('.comparison')].map((figure) => ({
  dots: figure.querySelectorAll('circle').length,
  filled: figure.querySelectorAll('circle:not(.misses)').length,
  caption: figure.querySelector('figcaption').textContent,
  values: [...figure.querySelectorAll('li')].map((each) => each.textContent),
}))"""


def test_dots_can_be_counted(tab, run):
    """Every comparison has a dot per replicate, filled where it counts, and says as many; each has value and seed."""
    roles = ("claim", "amended", "boundary", "control")
    tests = [test for claim in run[0].claims for role in roles for test in claim.tests if test.role == role]
    comparisons = [record for test in tests for record in test.evidence if record.comparison]
    drawn = tab.evaluate(COMPARISONS)
    assert len(drawn) == len(comparisons) > 5
    for record, figure in zip(comparisons, drawn, strict=True):
        assert (figure["dots"], figure["filled"]) == (record.replicates, record.exceed)
        caption = " ".join(figure["caption"].split())
        assert f"{record.exceed} of {record.replicates} replicates" in caption
        assert f"({record.needed} needed): {record.outcome.value}." in caption
        assert f"n = {record.replicates}; varies: {record.varies}" in caption
        values = [item.split() for item in figure["values"]]
        numbers = [replicates.number(value, record.verb == "exceeds") for value in record.values]
        assert [value for value, _ in values] == numbers
        assert [int(seed) for _, seed in values] == replicate_seeds(run[0].seed, record.replicates)


def test_every_kind_of_figure_is_drawn(tab):
    """Diagrams, tables and rows of pictures, each with a caption of its own that a screen reader is told."""
    captions = of_visible(tab, "figure.drawing figcaption", "each.textContent")
    assert [caption.partition(".")[0] for caption in captions] == [f"A figure of kind {kind}" for kind in KINDS]
    assert min(of_visible(tab, "figure.drawing", "each.clientHeight")) > 30
    label = "document.getElementById(each.getAttribute('aria-labelledby')).textContent"
    labels = of_visible(tab, "figure.drawing [aria-labelledby]", label)
    assert len(labels) == len(KINDS) - 2  # rows of pictures have names of their own
    assert set(labels) <= set(captions)
    assert tab.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")


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
    expected = [claim.id for claim in run[0].claims if wanted(claim)]
    assert 0 < len(expected) < len(run[0].claims)
    assert visible_claims(tab) == expected
    assert tab.text_content("#found") == f"{len(expected)} of {len(run[0].claims)} claims"
    questions = {claim.question for claim in run[0].claims if claim.id in expected}
    assert set(of_visible(tab, "section.question")) == questions


def test_filters_go_together(tab):
    """A claim is shown that all filters name, and none where they contradict each other, which is said."""
    tab.select_option("#question", "q2_numbers")
    tab.select_option("#verdict", "refuted")
    assert visible_claims(tab) == ["toy.refuted"]
    tab.select_option("#role", "control")
    assert visible_claims(tab) == []
    assert "No claim matches" in tab.text_content("#none")
    tab.click("#reset")
    assert tab.text_content("#found") == "15 claims"
    assert not tab.is_visible("#none")


def test_a_role_shows_its_tests_alone(tab):
    """With a role chosen, its tests are open and those of other roles are gone."""
    tab.select_option("#role", "control")
    assert set(of_visible(tab, "details.role", "each.dataset.role")) == {"control"}
    assert of_visible(tab, "[data-role=control] li.test", "each.innerText")


@pytest.mark.parametrize(
    ("words", "claims"),
    [
        ("TOY.HOLDS effect", ["toy.holds"]),
        ("looked at from here", ["toy.boundary-elsewhere", "toy.conditional"]),
        ("مناسبي بين", ["toy.conditional"]),
        ("nobody wrote this", []),
    ],
    ids=["case", "condition", "Persian with an Arabic keyboard", "nothing"],
)
def test_search(tab, words, claims):
    """All words have to occur, in whichever case, language or keyboard."""
    tab.fill("#search", words)
    assert visible_claims(tab) == claims


def test_a_link_to_a_hidden_claim_shows_it(tab):
    """Following a link to a claim that a filter hides takes the filter back."""
    tab.select_option("#verdict", "refuted")
    tab.click("section[aria-labelledby=conditional-heading] a")
    tab.wait_for_function("location.hash !== ''")
    assert "toy.boundary-elsewhere" in visible_claims(tab)


@pytest.mark.parametrize("hidden", ["en", "fa"])
def test_either_language_can_be_hidden(tab, hidden):
    """With one language off, its texts are gone and the other's stay."""
    other = {"en": "fa", "fa": "en"}[hidden]
    claims = len(visible_claims(tab))
    for on in (True, False, True):
        tab.set_checked(f"#show-{hidden}", on)
        assert len(of_visible(tab, f"article .{hidden}")) == (claims if on else 0)
        assert len(of_visible(tab, f".findings .{hidden}")) > 0 if on else not of_visible(tab, f".{hidden}")
        assert len(of_visible(tab, f"article .{other}")) == claims


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


@pytest.mark.parametrize(
    ("claim", "direction"), [("toy.holds", "rtl"), ("toy.conditional", "rtl"), ("toy.refuted", "ltr")]
)
def test_persian_runs_from_right_to_left(tab, claim, direction):
    """Quotes stand at the right, in Persian; their first word is the rightmost, but for formulas, which run as such."""
    places = tab.evaluate(PLACES, claim)
    assert (places["language"], places["paragraph"], places["direction"]) == ("fa", "rtl", direction)
    assert places["fromRight"] < 20 < places["fromLeft"]
    assert (places["first"] > places["last"]) == (direction == "rtl")
    assert QUOTES["begins-foreign"] in tab.text_content('[id="toy.conditional"] .fa')


def test_a_telephone_never_scrolls_sideways(browser, page_file, large_file):
    """At 360 pixels nothing sticks out, with everything opened; tables that are wider scroll by themselves."""
    for file in (page_file, large_file):
        with opened(browser, file, viewport=PHONE) as tab:
            tab.evaluate(OPEN_EVERYTHING)
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360
            if file == page_file:
                inside = ":is(main, header, footer) :not(.scroll *, svg *)"
                assert max(of_visible(tab, inside, "each.getBoundingClientRect().right")) <= 361


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
        barriers = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert barriers.response["violations"] == [], barriers.generate_report()


def test_the_keyboard_reaches_everything(tab):
    """The first stop leads past the header; stops can be seen; the filters answer to keys alone."""
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") > 0
    tab.focus("#search")
    tab.keyboard.type("toy.refuted")
    assert visible_claims(tab) == ["toy.refuted"]
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "question"
    tab.focus('[id="toy.refuted"] summary')
    tab.keyboard.press("Enter")
    assert not tab.evaluate("document.activeElement.parentElement.open")


def test_nothing_moves(tab):
    """There are no animations, so that nobody who asks for less motion gets any."""
    still = {"animationName": "none", "transitionDuration": "0s", "scrollBehavior": "auto"}
    for property_, value in still.items():
        styles = f"[...document.querySelectorAll('*')].map((each) => getComputedStyle(each).{property_})"
        assert tab.evaluate(f"[...new Set({styles})]") == [value]


def test_without_scripts_it_can_be_read(browser, page_file, run):
    """All claims, tests and pictures are there; what needs a script is not offered."""
    with opened(browser, page_file, java_script_enabled=False) as tab:
        assert len(visible_claims(tab)) == len(run[0].claims)
        assert not tab.is_visible(".filters")
        tab.click("details.role[data-role=control] > summary")
        assert tab.is_visible("details.role[data-role=control] figure")


def test_paper_is_white_and_shows_what_is_closed(browser, page_file):
    """Printed from a dark screen the page is black on white, without filters, and closed tests are printed."""
    with opened(browser, page_file, color_scheme="dark") as tab:
        closed = "[data-role=control] figure"
        assert of_visible(tab, closed) == []
        tab.emulate_media(media="print")
        assert paper_and_ink(tab)[1] < 60
        assert not tab.is_visible(".filters")
        assert of_visible(tab, closed, "each.clientHeight > 50") == [True]
        assert tab.pdf().startswith(b"%PDF")


def test_hostile_text_is_text(tab):
    """What an implementation says stands there as it was said, and does nothing; what turns text around is spelt."""
    assert tab.title().startswith("15 claims, decided: </pre></style></script><script>document.title")
    assert len(tab.query_selector_all("script")) == 1
    assert tab.query_selector("[onerror]") is None
    messages = of_visible(tab, "article .message", "each.textContent")
    assert f"this is why: {HOSTILE}".replace("\u202e", r"\u202e") in messages
    assert "\u202e" not in tab.content()
    # Even a script that got into the page would be refused by its content security policy.
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
            counters = measuring.send("Performance.getMetrics")["metrics"]
            metrics = {counter["name"]: counter["value"] for counter in counters}
            computed.append(metrics["TaskDuration"])
            waited.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
    size = f"{large_file.stat().st_size / 1e6:.1f} MB"
    with capsys.disabled():
        print(f"\nreport: {size}, computes {median(computed):.2f} s to load, {median(waited):.2f} s by the clock")
    assert 0.01 < median(computed) < 2


def test_a_real_run_is_shown(browser, toy_run):
    """Every claim of a real run is there, with its outcome, its sentences and its figure."""
    claims = results.read(toy_run / "claims.json").claims
    with opened(browser, toy_run / "report.html") as tab:
        assert visible_claims(tab) == [claim.id for claim in claims]
        for claim in claims:
            assert claim.outcome.value in tab.text_content(f'[id="{claim.id}"] .badge')
        assert tab.is_visible('[id="toy.effect"] figure.drawing svg')
        assert "Q1 · Toys" in tab.text_content("h2#q1_toy-heading")
