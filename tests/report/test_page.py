"""Calibration reports in headless Chromium, in both colour schemes: every chart is there, nothing is logged as an
error or asked of the network, sorting, filtering and opening work by keyboard, pointing at a chart shows a value,
every chart has a text in its place, names from strangers stay text, a page of many values opens soon.

    test_page.py --qtool PROGRAM [--work FOLDER for screenshots]
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from chromium import Chromium
from onnx import helper, numpy_helper

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
METHODS = 6
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><!-- <script>"
MANY = 3000


def expect(condition, message):
    if not condition:
        raise SystemExit(f"test_page: {message}")


def qtool(program, *arguments):
    done = subprocess.run([program, "calibrate", *map(str, arguments)], capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)


def mobile_report(program, folder):
    """Of a model with channels, at first from samples, then from the table: the same bytes."""
    model, first, again = DATA / "models/fashion_mobile.onnx", folder / "mobile.html", folder / "again.html"
    qtool(program, model, "--calib", DATA / "calib/fashion", "--scale", "1/255", "--max-samples", 32, "-o",
          folder / "table.json", "--report", first)
    qtool(program, model, "--calib-table", folder / "table.json", "--report", again)
    expect(first.read_bytes() == again.read_bytes(), "a table gives another report than the run that wrote it")
    return first


def hostile_report(program, folder):
    """Of a model whose value has a name that means something in HTML."""
    weight = numpy_helper.from_array(np.ones((8, 8), np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], [HOSTILE], HOSTILE),
             helper.make_node("MatMul", [HOSTILE, "w"], ["y"], "m")]
    x, y = (helper.make_tensor_value_info(name, 1, [4, 8]) for name in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], [weight])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "m.onnx")
    np.save(folder / "x.npy", np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32))
    qtool(program, folder / "m.onnx", "--calib", folder / "x.npy", "-o", folder / "m.json", "--report",
          folder / "m.html", "--target", "qnn")
    return folder / "m.html"


def column(browser, index):
    """The cells of a column, from top to bottom, without opened rows."""
    return browser.evaluate(f"[...document.querySelectorAll('.rows > tbody > tr:not(.detail)')].map("
                            f"(row) => row.cells[{index}].textContent)")


def focus(browser):
    return browser.evaluate("document.activeElement.textContent")


def tab_to(browser, text):
    for _ in range(60):
        browser.key("Tab")
        if focus(browser) == text:
            return
    raise SystemExit(f"test_page: Tab does not come to '{text}'")


def sorts_by_keyboard(browser):
    tab_to(browser, "Largest")
    index = browser.evaluate("document.activeElement.closest('th').cellIndex")
    for order, sign in (("descending", -1), ("ascending", 1)):
        browser.key("Enter")
        numbers = [float(text.replace(",", "")) for text in column(browser, index)]
        expect(len(numbers) > 20 and numbers == sorted(numbers, key=lambda n: sign * n), f"not {order}: {numbers}")
        expect(browser.evaluate("document.activeElement.closest('th').ariaSort") == order, f"aria-sort is not {order}")


def opens_by_keyboard(browser):
    """Opens the value behind the first one, by arrow key, and looks at its charts."""
    names = column(browser, 0)
    tab_to(browser, names[0])
    browser.key("ArrowDown")
    expect(focus(browser) == names[1], "the arrow key does not go to the next name")
    browser.key("Enter")
    detail = "document.querySelector('.detail')"
    expect(browser.evaluate(f"{detail}.previousSibling.cells[0].textContent") == names[1], "opens another row")

    def found(selector):
        return browser.evaluate(f"{detail}.querySelectorAll('{selector}').length")

    expect(found(".charts svg") == 2, "the histogram and the ranges are not there")
    bars, ranges = found(".charts svg:first-child [aria-label=rect] rect"), found(".charts svg [aria-label=bar] rect")
    rows = found(".ranges tbody tr")
    expect(bars > 50, f"the histogram has {bars} bars")
    expect(ranges == rows >= METHODS, f"{ranges} ranges drawn, {rows} in the table")
    browser.key("Enter")
    expect(browser.evaluate(f"{detail}.hidden"), "Enter does not close the row again")
    browser.key("Enter")


def draws_channels(browser):
    """Every value with channels shows each of them."""
    counts = browser.evaluate("""(() => {
        const values = JSON.parse(document.getElementById('data').textContent).calibration.values;
        const entry = (value) => [...document.querySelectorAll('.open')].find((b) => b.textContent === value.name);
        return values.filter((v) => v.channels).map((value) => {
          const button = entry(value);
          if (button.ariaExpanded !== 'true') button.click();
          const svgs = button.closest('tr').nextSibling.querySelectorAll('figure > svg');
          return [value.channels.length, svgs[0].querySelectorAll('[stroke-width] > line').length];
        });
    })()""")
    expect(len(counts) >= 3, f"{len(counts)} values have channels")
    expect(all(drawn >= channels for channels, drawn in counts), f"channels and lines drawn: {counts}")


def tells_a_value(browser, selector, pattern, x=0.5, y=0.5):
    browser.point(selector, x, y)
    tip = browser.evaluate(f"document.querySelector({selector!r}).querySelector('[aria-label=tip]').textContent")
    expect(re.search(pattern, tip), f"pointing at {selector} shows '{tip}'")


def has_text_for_charts(browser):
    """What a screen reader is told: every figure has an image with a name that says what it shows."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    names = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") in ("image", "img")]
    figures = browser.evaluate("document.querySelectorAll('figure').length")
    expect(len(names) == figures and all(len(name) > 20 for name in names), f"{figures} figures are told as {names}")
    histograms = [name for name in names if name.startswith("Histogram of")]
    expect(histograms and all("minmax" in name for name in histograms), "histograms are told without the ranges")


def filters(browser):
    browser.evaluate("document.getElementById('filter').focus()")
    browser.call("Input.insertText", text="STEM")
    names = column(browser, 0)
    expect(names and all("stem" in name for name in names), f"the filter leaves {names}")


def contrast(browser):
    """Of the text on the page, by WCAG."""
    return browser.evaluate("""(() => {
        const style = getComputedStyle(document.body);
        const light = (color) => color.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const [a, b] = [light(style.color), light(style.backgroundColor)].sort();
        return [(b + 0.05) / (a + 0.05), light(style.backgroundColor)];
    })()""")


def check_mobile(browser, page, scheme, work):
    browser.media(prefers_color_scheme=scheme)
    browser.open(page)
    ratio, background = contrast(browser)
    expect(ratio > 7 and (background > 0.5) == (scheme == "light"), f"{scheme}: contrast {ratio}, page {background}")
    expect(browser.evaluate("document.querySelectorAll('.looks li').length") >= 3, "nothing to look at first")
    if work:
        browser.screenshot(work / f"report_{scheme}.png")
    tells_a_value(browser, "figure svg", r"methods disagree [0-9.]+×")
    sorts_by_keyboard(browser)
    opens_by_keyboard(browser)
    tells_a_value(browser, ".detail .charts svg", r"numbers?, .* %.* to ", x=0.4)
    tells_a_value(browser, ".detail .charts svg:last-child", r"(minmax|percentile|entropy).* outside")
    if work:
        browser.screenshot(work / f"report_opened_{scheme}.png")
    draws_channels(browser)
    has_text_for_charts(browser)
    filters(browser)
    expect(len(browser.pdf()) > 20000, "nothing is printed")


def check_hostile(browser, page):
    browser.open(page)
    expect(browser.evaluate("document.title") == "Calibration of m.onnx", "a name ran as a script")
    expect(HOSTILE in column(browser, 0), f"the name is not shown as it is: {column(browser, 0)}")
    expect(browser.evaluate("document.images.length") == 0, "a name became an element")


def check_many(browser, page, folder):
    """The values of a page, many times over."""
    many = folder / "many.html"
    text = page.read_text()
    repeat = ("const data = JSON.parse(document.getElementById('data').textContent);"
              f"data.calibration.values = Array.from({{length: {MANY}}}, (_, i) => ({{"
              "...data.calibration.values[i % data.calibration.values.length], name: `value${i}`}));drawReport(data);")
    call = "drawReport(JSON.parse(document.getElementById('data').textContent));"
    expect(text.count(call) == 1, "the page draws itself in another way")
    many.write_text(text.replace(call, repeat))
    start = time.perf_counter()
    browser.open(many)
    took = time.perf_counter() - start
    expect(len(column(browser, 0)) == MANY, "rows are missing")
    expect(took < 10, f"{MANY} values take {took:.1f} s to open")
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qtool", required=True)
    parser.add_argument("--work", type=pathlib.Path, help="keep screenshots here")
    options = parser.parse_args()
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Chromium() as browser:
        folder = pathlib.Path(name)
        page = mobile_report(options.qtool, folder)
        for scheme in ("light", "dark"):
            check_mobile(browser, page, scheme, options.work)
        check_hostile(browser, hostile_report(options.qtool, folder))
        took = check_many(browser, page, folder)
        expect(not browser.complaints, f"the page complains: {browser.complaints}")
    print(f"report in Chromium: both colour schemes, {MANY} values in {took:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
