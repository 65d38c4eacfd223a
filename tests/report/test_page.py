"""Reports of all commands in headless Chromium, in both colour schemes: every chart is there, nothing is logged as an
error or asked of the network, sorting, filtering and opening work by keyboard, pointing at a chart shows a value,
every chart has a text in its place, names from strangers stay text, pages of many values and nodes open soon. The page
of a comparison shows why a model quantized per tensor fails on its first screen, whoever quantized it.

    test_page.py --qtool PROGRAM [--work FOLDER for screenshots]
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile
import time

import numpy as np
import onnx
from chromium import Chromium
from onnx import numpy_helper
from pages import HOSTILE, METHODS, advise_report, bench_report, expect, hostile_report, mobile_report, peer_report, static_reports

SCREEN = (1280, 800)
MANY = 3000


def column(browser, index, table=0):
    """The cells of a column of a table, from top to bottom, without opened rows."""
    return browser.evaluate(f"[...document.querySelectorAll('.rows')[{table}].tBodies[0].rows]"
                            f".filter((row) => !row.matches('.detail')).map((row) => row.cells[{index}].textContent)")


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


def tells_a_value(browser, selector, pattern, x=0.5, y=0.5, at=None):
    """Points at a place in a chart, or in an element of it."""
    browser.point(at or selector, x, y)
    tip = browser.evaluate(f"document.querySelector({selector!r}).querySelector('[aria-label=tip]').textContent")
    expect(re.search(pattern, tip), f"pointing at {selector} shows '{tip}'")


def has_text_for_charts(browser):
    """What a screen reader is told: every figure has an image with a name that says what it shows."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    names = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") in ("image", "img")]
    figures = browser.evaluate("document.querySelectorAll('figure').length")
    expect(len(names) == figures and all(len(name) > 20 for name in names), f"{figures} figures are told as {names}")
    return names


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
    names = has_text_for_charts(browser)
    histograms = [name for name in names if name.startswith("Histogram of")]
    expect(histograms and all("minmax" in name for name in histograms), "histograms are told without the ranges")
    filters(browser)
    expect(len(browser.pdf()) > 20000, "nothing is printed")


def few_integers(model, name):
    """How many channels a weight of a file has, how many of them span fewer than 8 integers, and the magnitudes."""
    tensors = {tensor.name: tensor for tensor in onnx.load(model).graph.initializer}
    weight = numpy_helper.to_array(tensors[name]).astype(int)
    rows = weight.reshape(len(weight), -1)
    spans = np.maximum(rows.max(1), 0) - np.minimum(rows.min(1), 0) + 1
    return len(rows), int((spans < 8).sum())


def is_on_first_screen(browser, selector):
    return browser.evaluate(f"(() => {{const box = document.querySelector({selector!r}).getBoundingClientRect();"
                            f"return scrollY === 0 && box.height > 0 && box.bottom <= {SCREEN[1]};}})()")


def shows_the_cause(browser, model):
    """On the first screen: in words that hold for the file, and as a chart of all channels."""
    text = browser.evaluate("document.querySelector('.blame').textContent")
    told = re.search(r"^(\S+) \(([\d.]+) dB by itself\): the weight '(\S+)' has one scale for (\d+) channels "
                     r"whose ranges differ up to (\d+) times: (\d+) of them keep fewer than 8 integers.*"
                     r"quantize per channel", text)
    expect(told and "/dw/" in told[1], f"the cause is told as '{text}'")
    channels, few = few_integers(model, told[3])
    expect((int(told[4]), int(told[6])) == (channels, few), f"{told[3]} has {channels} channels, {few} of them too few")
    expect(int(told[5]) > 100 and few > channels / 2, f"{told[5]} times, {few} of {channels}")
    for selector in (".blame", "figure svg"):
        expect(is_on_first_screen(browser, selector), f"{selector} is not on the first screen")
    lines = browser.evaluate("document.querySelectorAll('figure:first-of-type svg [aria-label=rule] line').length")
    expect(lines == 2 * channels, f"{lines} lines for {channels} channels")
    tells_a_value(browser, "figure svg", r"channel \d+: .* to .*\n?its scale expresses", x=0.5)


def check_compare(browser, page, model, scheme, work, name):
    browser.media(prefers_color_scheme=scheme)
    browser.open(page)
    shows_the_cause(browser, model)
    browser.evaluate("scrollTo(0, 0)")
    if work:
        browser.screenshot(work / f"{name}_{scheme}.png")
    layers = browser.evaluate("JSON.parse(document.getElementById('data').textContent).compare.layers")
    chart = "document.querySelectorAll('figure')[1]"
    drawn = browser.evaluate(f"{chart}.querySelectorAll('[aria-label=dot] circle').length")
    expect(drawn == sum(layer["alone"] is not None for layer in layers), f"{drawn} dots for {len(layers)} layers")
    lines = browser.evaluate(f"{chart}.querySelectorAll('[aria-label=line] path').length")
    expect(lines == 1, f"{lines} lines of the errors so far")
    browser.evaluate("document.querySelectorAll('figure svg')[1].id = 'layers'")
    tells_a_value(browser, "#layers", r"alone .* dB, so far .* dB")
    numbers = [float(text) for text in column(browser, 2) if text != "exact"]
    expect(len(numbers) > 10 and numbers == sorted(numbers), f"the worst is not first: {numbers}")
    walks_the_graph(browser)
    opens_a_weight(browser)
    expect(contrast(browser)[0] > 7, "contrast")
    has_text_for_charts(browser)


def walks_the_graph(browser):
    """Every node is a cell; the keys go from one to the next and what it is stands below."""
    nodes = browser.evaluate("JSON.parse(document.getElementById('data').textContent).graph.nodes")
    expect(browser.evaluate("document.querySelectorAll('.cells button').length") == len(nodes), "cells are missing")
    browser.evaluate("document.querySelector('.cells button').focus()")
    browser.key("ArrowRight")
    browser.key("ArrowRight")
    told = browser.evaluate("document.querySelector('.told').textContent")
    expect(nodes[2]["name"] in told and nodes[2]["operator"] in told, f"the third node is told as '{told}'")
    expect(browser.evaluate("document.querySelectorAll('.cells .near').length") > 0, "no neighbour is marked")
    browser.key("ArrowDown")
    expect(nodes[2]["name"] not in browser.evaluate("document.querySelector('.told').textContent"), "no way down")
    browser.point(".cells button")
    told = browser.evaluate("document.querySelector('.told').textContent")
    expect(nodes[0]["name"] in told, f"the mouse tells '{told}'")


def opens_a_weight(browser):
    """The first row of the table of weights: its channels and its histogram."""
    browser.evaluate("[...document.querySelectorAll('.rows')].at(-1).querySelector('.open').click()")
    found = browser.evaluate("document.querySelectorAll('.detail figure svg').length")
    expect(found == 2, f"{found} charts of a weight")
    bars = browser.evaluate("document.querySelectorAll('.detail [aria-label=rect] rect').length")
    expect(bars > 20, f"the histogram of a weight has {bars} bars")


def check_static(browser, page, scheme, work):
    browser.media(prefers_color_scheme=scheme)
    browser.open(page)
    if work:
        browser.screenshot(work / f"static_{scheme}.png")
    data = browser.evaluate("JSON.parse(document.getElementById('data').textContent)")
    plan = json.loads(data["plan"]["text"])
    modes = [data["graph"]["groups"][node["group"]]["name"] for node in data["graph"]["nodes"]]
    expect(sorted(modes) == sorted(node["mode"] for node in plan["nodes"]), "the overview is not of the plan")
    expect(sum(map(int, column(browser, 2))) == len(modes), "the modes are not all counted")
    walks_the_graph(browser)
    opens_a_weight(browser)
    values = data["calibration"]["values"]
    chosen = [value["name"] for value in values if "chosen" in value]
    told = all("chosen" in value or value["divided"] for value in values)
    expect(len(chosen) > 15 and told, "ranges that were chosen are not told")
    browser.evaluate(f"[...document.querySelectorAll('.open')].find((b) => b.textContent === {chosen[0]!r}).click()")
    rows = browser.evaluate("[...document.querySelectorAll('.ranges tbody th')].map((cell) => cell.textContent)")
    expect(rows[0] == "chosen" and len(rows) > METHODS, f"ranges of {rows}")
    browser.evaluate("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Save the plan').click()")
    has_text_for_charts(browser)


def check_bench(browser, page, scheme, work):
    browser.media(prefers_color_scheme=scheme)
    browser.open(page)
    if work:
        browser.screenshot(work / f"bench_{scheme}.png")
    models = column(browser, 0)
    points = "document.querySelectorAll('figure [aria-label=dot] path').length"
    expect(len(models) == 3 and browser.evaluate(points) == 3, f"{models}: {browser.evaluate(points)} points")
    named = browser.evaluate("[...document.querySelectorAll('[aria-label=text] text')].map((t) => t.textContent)")
    expect({name.split("/")[-1] for name in models} <= set(named), f"the points are named {named}")
    tells_a_value(browser, "figure svg", r"Latency ms: .*top-1: ", at="figure [aria-label=dot] path")
    browser.evaluate("document.querySelector('select').focus()")
    browser.key("ArrowDown")
    label = browser.evaluate("document.querySelector('.charts').ariaLabel")
    expect("SQNR" in label or "top" in label, f"the other axis is {label}")
    expect(browser.evaluate(points) >= 2, "no points on the other axis")
    verdicts = column(browser, 4, table=1)
    expect(sorted(verdicts) == ["met", "met", "not met", "not met"], f"verdicts {verdicts}")
    tab_to(browser, "Size KB")
    browser.key("Enter")
    sizes = [float(text.replace(",", "")) for text in column(browser, 1)]
    expect(sizes == sorted(sizes), f"sizes are not sorted: {sizes}")
    facts = browser.evaluate("[...document.querySelectorAll('.facts')].at(-1).textContent")
    expect(all(word in facts for word in ("CPU", "Threads", "qtool", "System")), f"the environment: {facts}")
    has_text_for_charts(browser)


def check_advise(browser, page, scheme, work):
    browser.media(prefers_color_scheme=scheme)
    browser.open(page)
    if work:
        browser.screenshot(work / f"advise_{scheme}.png")
    trials = column(browser, 0)
    points = browser.evaluate("document.querySelectorAll('figure [aria-label=dot] path').length")
    rings = browser.evaluate("document.querySelectorAll('figure [aria-label=dot] circle').length")
    expect(len(trials) == 9 and points == 9 and rings == 1, f"{trials}: {points} points, {rings} rings")
    first = browser.evaluate("document.querySelector('main, body').innerText")[:2000]
    expect("recommended: " in first and "of the float size" in first, f"no reasons at the top: {first}")
    expect("Advice for" in browser.evaluate("document.title"), "another title")
    browser.evaluate("[...document.querySelectorAll('.open')][1].click()")
    expect(browser.evaluate("[...document.querySelectorAll('button')].some((b) => b.textContent === 'Save the plan')"),
           "the recommended model has no plan")
    has_text_for_charts(browser)


def check_many_layers(browser, page, folder):
    """Layers, nodes and weights of a comparison, many times over: drawn as far as is told."""
    many = folder / "many_layers.html"
    repeat = ("const data = JSON.parse(document.getElementById('data').textContent);"
              f"const more = (list) => Array.from({{length: {MANY}}}, (_, i) => ({{...list[i % list.length], "
              "name: `name${i}`, place: i}));"
              "data.compare.layers = more(data.compare.layers); data.graph.nodes = more(more(data.graph.nodes).concat("
              "data.graph.nodes)); data.graph.nodes.push(...data.graph.nodes.slice(0, 1000));"
              "data.weights.weights = more(data.weights.weights); drawReport(data);")
    many.write_text(repeated(page, repeat))
    start = time.perf_counter()
    browser.open(many)
    took = time.perf_counter() - start
    expect(len(column(browser, 0)) == MANY, "rows are missing")
    text = browser.evaluate("document.body.textContent")
    for left_out in ("first 3,000 of 4,000 nodes", "worst 2,000 of 3,000 layers"):
        expect(left_out in text, f"it is not said that the {left_out} are drawn")
    expect(took < 10, f"{MANY} layers take {took:.1f} s to open")
    return took


def repeated(page, script):
    """The page, drawn by another script."""
    text = page.read_text()
    call = "drawReport(JSON.parse(document.getElementById('data').textContent));"
    expect(text.count(call) == 1, "the page draws itself in another way")
    return text.replace(call, script)


def check_hostile(browser, page):
    browser.open(page)
    expect(browser.evaluate("document.title") == "Calibration of m.onnx", "a name ran as a script")
    expect(HOSTILE in column(browser, 0), f"the name is not shown as it is: {column(browser, 0)}")
    expect(browser.evaluate("document.images.length") == 0, "a name became an element")


def check_many(browser, page, folder):
    """The values of a page, many times over."""
    many = folder / "many.html"
    repeat = ("const data = JSON.parse(document.getElementById('data').textContent);"
              f"data.calibration.values = Array.from({{length: {MANY}}}, (_, i) => ({{"
              "...data.calibration.values[i % data.calibration.values.length], name: `value${i}`}));drawReport(data);")
    many.write_text(repeated(page, repeat))
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
        browser.call("Emulation.setDeviceMetricsOverride", width=SCREEN[0], height=SCREEN[1], deviceScaleFactor=1,
                     mobile=False)
        model, made, compared = static_reports(options.qtool, folder)
        peer, peer_compared = peer_report(options.qtool, folder)
        bench = bench_report(options.qtool, folder, (model, peer))
        advice = advise_report(options.qtool, folder)
        for scheme in ("light", "dark"):
            check_compare(browser, compared, model, scheme, options.work, "compare")
            check_compare(browser, peer_compared, peer, scheme, options.work, "peer")
            check_static(browser, made, scheme, options.work)
            check_bench(browser, bench, scheme, options.work)
            check_advise(browser, advice, scheme, options.work)
        took = max(took, check_many_layers(browser, compared, folder))
        expect(not browser.complaints, f"the page complains: {browser.complaints}")
    print(f"report in Chromium: both colour schemes, {MANY} values and layers in {took:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
