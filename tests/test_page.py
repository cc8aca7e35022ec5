"""The page in a browser, without network: drawn, readable, operable, accessible."""

import csv
import io
import os
import shutil

import pytest
from test_charts import EVIL, publish, read, run, tables  # noqa: F401

from python_charts.__main__ import export_figures
from python_charts.parts import Report
from python_charts.report import build_figures

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

BROWSER = os.environ.get("BROWSER_PATH") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    not BROWSER and "CI" not in os.environ, reason="there is no chromium"
)

# Draws every chart at once, as scrolling through the page would.
DRAW = """async () => {
    document.querySelectorAll('details').forEach((part) => { part.open = true; });
    for (const plot of document.querySelectorAll('.plot')) await draw(plot);
}"""
# Texts of every chart that leave its drawing, or meet another text of it. Of texts that
# are turned the box counts; one pixel is the edge of a letter.
FAULTS = """() => [...document.querySelectorAll('.plot')].flatMap((plot) => {
    const frame = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll('svg text')]
        .filter((text) => text.textContent.trim() && !text.closest('.hoverlayer'))
        .map((text) => [text.textContent, text.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0);
    const name = `${plot.dataset.figure} ${plot.dataset.place}: `;
    const isCut = (box) => box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const faults = texts.filter(([, box]) => isCut(box))
        .map(([words]) => `${name}${words} is cut`);
    texts.forEach(([words, box], place) => texts.slice(place + 1).forEach(([other, b]) => {
        if (meets(box, b)) faults.push(`${name}${words} meets ${other}`);
    }));
    if (texts.length === 0) faults.push(`${name}is not drawn`);
    return faults;
})"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo_page(demo_build, tmp_path_factory):
    """The page of the demo, as the command draws it."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    result = run(demo_build.published, "--output", str(path))
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture
def open_page(browser):
    """Open a page in a browser that has no network; what it complains of fails."""
    contexts, complaints = [], []

    def open_one(path, width=1440, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            offline=True,
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else complaints.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def texts(page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_every_text_can_be_read_and_axe_finds_nothing(demo_page, open_page, width):
    page = open_page(demo_page, width)
    page.evaluate(DRAW)
    assert page.locator(".plot[data-drawn]").count() > 25
    assert page.evaluate(FAULTS) == []
    # The first and the last label of an axis are drawn.
    assert "0%" in page.locator("#sizes .xtick text").all_text_contents()
    assert "100%" in page.locator("#concentration .xtick text").all_text_contents()
    # Nothing makes the page wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for scheme, ink in (("light", "rgb(31, 41, 51)"), ("dark", "rgb(228, 233, 238)")):
        page.emulate_media(color_scheme=scheme)
        page.locator(f"#sizes svg text[style*='{ink}']").first.wait_for()
        found = axe.Axe().run(page).response["violations"]
        assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found] == []


def test_charts_are_drawn_as_they_come_near(demo_page, open_page):
    page = open_page(demo_page)
    page.locator("#sizes .plot").scroll_into_view_if_needed()
    page.locator("#sizes .plot[data-drawn]").wait_for()
    assert page.locator("#counts .plot[data-drawn]").count() == 0
    page.locator("summary").click()
    page.locator("#counts .plot").first.scroll_into_view_if_needed()
    page.locator("#counts .plot[data-drawn]").first.wait_for()


def test_the_keyboard_reaches_the_findings_first(demo_page, open_page):
    page = open_page(demo_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.filter") == "1"
    # Charts are pictures: none takes the focus.
    assert page.locator(".plot :is(a, button, [tabindex])").count() == 0


def test_a_segment_that_is_switched_off_is_gone_everywhere(demo_page, open_page):
    page = open_page(demo_page)
    page.evaluate(DRAW)
    button = page.locator("[data-filter='1']")
    shown = page.locator("[data-segment='1']:visible").count()
    bars = page.locator("#sizes .bars .point").count()
    assert shown > 5
    assert "Champions" in texts(page, "#moves-table thead th")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator("[data-segment='1']:visible").count() == 0
    assert page.locator("#sizes .bars .point").count() == bars - 2
    assert "Champions" not in page.locator("#sizes svg text").all_text_contents()
    assert "Champions" not in texts(page, "#moves-table th")
    button.click()
    assert page.locator("[data-segment='1']:visible").count() == shown


def test_the_month_decides_what_is_listed(demo_page, open_page):
    page = open_page(demo_page)
    first = texts(page, "#later tbody tr:visible td:nth-child(2)")
    assert set(first) == {"Oct 1, 2025"}
    page.select_option("#later select", "Jul 1, 2025")
    assert set(texts(page, "#later tbody tr:visible td:nth-child(2)")) == {
        "Jul 1, 2025"
    }
    page.click("[data-filter='1']")
    assert "Champions" not in texts(page, "#later tbody tr:visible th")


@pytest.mark.parametrize(("start", "end"), [(-2, -1), (1, 7)])
def test_the_reader_chooses_two_months_to_compare(
    demo_build, demo_page, open_page, start, end
):
    page = open_page(demo_page)
    dates = [
        str(date)
        for (date,) in demo_build.query(
            "select distinct as_of_date from segment_months order by as_of_date"
        )
    ]
    labels = [*texts(page, "#moves-from option"), texts(page, "#moves-to option")[-1]]
    assert len(labels) == len(dates) == 12
    page.select_option("#moves-from", label=labels[start])
    page.select_option("#moves-to", label=labels[end])
    [(customers, stayed, known)] = demo_build.query(
        "select sum(customers), sum(customers) filter (from_segment_id = to_segment_id),"
        " sum(customers) filter (from_segment_id is not null) from segment_moves"
        f" where from_date = '{dates[start]}' and to_date = '{dates[end]}'"
    )
    cells = [cell.split("\n")[0] for cell in texts(page, "#moves-table td") if cell]
    assert sum(int(cell.replace(",", "")) for cell in cells) == customers
    assert f"{100 * stayed / known:.0f}% stayed" in page.inner_text("#moves-says")
    # The first month is always before the second.
    page.select_option("#moves-from", label=labels[-2])
    assert page.input_value("#moves-to") == str(len(labels) - 1)


def test_tables_sort_numbers_as_numbers(demo_page, open_page):
    page = open_page(demo_page)

    def read_column():
        return [
            int(text.replace(",", ""))
            for text in texts(page, "#segments tbody td:nth-child(2)")
        ]

    head = page.locator(
        "#segments th", has=page.locator("button", has_text="Customers")
    )
    for order, is_down in (("descending", True), ("ascending", False)):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == order
        assert read_column() == sorted(read_column(), reverse=is_down)
    page.locator("#segments th button", has_text="Segment").click()
    names = texts(page, "#segments tbody th")
    assert names[0].startswith("At risk") and names[1].startswith("Champions")


def test_a_table_is_saved_as_csv_and_a_chart_as_png(demo_build, demo_page, open_page):
    page = open_page(demo_page)
    marts = [
        button.get_attribute("data-csv") for button in page.locator("[data-csv]").all()
    ]
    assert len(set(marts)) > 12
    page.locator("summary").click()
    for mart in sorted(set(marts)):
        with page.expect_download() as waiting:
            page.locator(f"[data-csv='{mart}']").first.click()
        text = waiting.value.path().read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        [(count,)] = demo_build.query(f"select count(*) from {mart}")
        assert (waiting.value.suggested_filename, len(rows)) == (f"{mart}.csv", count)
        assert "customer_id" not in rows[0]
    with page.expect_download() as waiting:
        page.locator("#sizes [data-png]").click()
    assert waiting.value.suggested_filename == "sizes-1.png"
    assert waiting.value.path().read_bytes()[:4] == b"\x89PNG"
    # What the page says around a chart is in its picture.
    layout = page.evaluate("picture(document.querySelector('#map .plot')).layout")
    assert layout["title"]["text"] == page.inner_text("#map h3")
    assert layout["showlegend"] and layout["paper_bgcolor"] == "white"


def test_a_rule_is_copied_as_sql(demo_build, demo_page, open_page):
    page = open_page(demo_page)
    button = page.locator("#rules [data-copy]").nth(1)
    button.click()
    page.locator("#rules button", has_text="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    [(rule,)] = demo_build.query("select rule from segment_rules where segment_id = 2")
    assert copied.split() == rule.split()


def test_a_name_that_is_a_script_does_not_run(tables, tmp_path, open_page):  # noqa: F811
    long = "One-time small-basket buyers, first bought about 24 days ago"
    tables = {name: table.replace("Lost", long) for name, table in tables.items()}
    folder = publish(tables, tmp_path / "published")
    assert run(folder).returncode == 0
    page = open_page(folder / "report.html", width=390)
    page.evaluate(DRAW)
    # Long names are broken into lines, on a phone as well.
    assert page.evaluate(FAULTS) == []
    assert any(EVIL in text for text in texts(page, "#segments tbody th"))
    assert any(EVIL in text for text in texts(page, "#moves-table th"))
    assert EVIL in page.locator("#sizes svg text").all_text_contents()


def test_a_page_without_rows_is_whole_as_well(tables, tmp_path, open_page):  # noqa: F811
    tables = {name: table.iloc[:0] for name, table in tables.items()}
    folder = publish(tables, tmp_path / "published")
    assert run(folder).returncode == 0
    page = open_page(folder / "report.html", width=390)
    page.evaluate(DRAW)
    assert page.locator(".empty").count() > 15
    found = axe.Axe().run(page).response["violations"]
    assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found] == []


def test_paper_shows_everything(demo_page, open_page):
    page = open_page(demo_page, scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.plot')].every((p) => p.dataset.drawn)"
    )
    page.emulate_media(media="print", color_scheme="light")
    widths = page.evaluate(
        "[...document.querySelectorAll('.plot svg.main-svg')].map((p) => p.clientWidth)"
    )
    assert min(widths) > 300 and max(widths) <= 700
    assert page.locator("#counts").is_visible()
    assert not page.locator(".filter").is_visible()
    # The months that were chosen are part of the sentence.
    assert page.locator("#moves-from").is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_charts_are_exported_as_pictures(tables, tmp_path, monkeypatch):  # noqa: F811
    pytest.importorskip("kaleido")
    folder = publish(tables, tmp_path / "published")
    result = run(folder, "--export", "svg", BROWSER_PATH=BROWSER)
    assert result.returncode == 0, result.stderr
    pictures = {path.stem: path.read_text("utf-8") for path in folder.glob("*.svg")}
    figures = build_figures(Report(tables))
    assert set(pictures) == {
        f"{name}-{number}"
        for name, group in figures.items()
        for number in range(1, len(group) + 1)
    }
    assert all(picture.startswith("<svg") for picture in pictures.values())
    assert "Champions" in pictures["sizes-1"] and "25%" in pictures["sizes-1"]
    # A picture has a title and a legend of its own.
    assert "Two axes keep 81%" in pictures["map-1"] and "Champions" in pictures["map-1"]
    # No browser is a sentence, not an exception.
    result = run(
        folder, "--export", "png", BROWSER_PATH=str(tmp_path / "none"), PATH=""
    )
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Charts cannot be exported: install kaleido")
    assert not list(folder.glob("*.png"))
    monkeypatch.setenv("BROWSER_PATH", BROWSER)
    monkeypatch.setattr(
        "python_charts.__main__.build_figures", lambda report: {"map": figures["map"]}
    )
    export_figures(Report(tables), folder, "png")
    assert (folder / "map-1.png").read_bytes()[:4] == b"\x89PNG"


def test_the_command_says_when_charts_cannot_be_exported(tables, tmp_path):  # noqa: F811
    folder = publish(tables, tmp_path / "published")
    (tmp_path / "kaleido.py").write_text("raise ImportError")
    result = run(folder, "--export", "svg", PYTHONPATH=str(tmp_path))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Charts cannot be exported: install kaleido")
