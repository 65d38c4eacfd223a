// Charts, drawn by Observable Plot as SVG whose colours are those of the page's style.

const chartLook = {marginLeft: 130, marginRight: 80, style: {fontSize: '12px'}};

function color(index) { return `var(--series-${index % 8})`; }

function bins({low, width, counts}) {
  return counts.map((n, i) => ({x1: low + i * width, x2: low + (i + 1) * width, n}))
      .filter((bin) => bin.n > 0);
}

function powersOfTen(most) { return d3.range(Math.floor(Math.log10(most)) + 1).map((power) => 10 ** power); }

// Real numbers from the left to the right end of all that is drawn of a value.
function extent(value) {
  const {low, width, counts} = value.histogram;
  const ends = value.chosen ? [value.chosen.min, value.chosen.max] : [];
  return [Math.min(low, value.min, ...ends), Math.max(low + width * counts.length, value.max, ...ends)];
}

// How often numbers of each size were seen, with both ends of each range.
function histogramChart(value, width, isLog) {
  const floor = isLog ? 0.5 : 0;
  const most = Math.max(...value.histogram.counts);
  const ends = value.ranges.flatMap(({min, max, color}) => [min, max].map((x) => ({x, color})));
  return Plot.plot({
    ...chartLook, width, height: 240, marginBottom: 30,
    x: {domain: extent(value), label: null},
    y: {type: isLog ? 'log' : 'linear', label: 'numbers', tickFormat: '~s', grid: true, nice: !isLog,
      ticks: isLog ? powersOfTen(most) : 5, domain: [floor, most]},
    marks: [
      Plot.rectY(bins(value.histogram), {x1: 'x1', x2: 'x2', y1: floor, y2: 'n', fill: 'var(--bars)', inset: 0}),
      Plot.ruleX(ends, {x: 'x', stroke: 'color', strokeWidth: 1.5, strokeDasharray: '4 3'}),
      Plot.ruleY([floor]),
      Plot.tip(bins(value.histogram), Plot.pointerX({
        x: (bin) => (bin.x1 + bin.x2) / 2, y: 'n',
        lineHeight: 1.3, title: (bin) => `${plural(bin.n, 'number')}, ${percent(bin.n / value.count)}\n` +
            `${number(bin.x1)} to ${number(bin.x2)}`})),
    ],
  });
}

// The range of each method below the histogram, on the same axis.
function rangesChart(value, width) {
  const rows = value.ranges;
  return Plot.plot({
    ...chartLook, width, height: 24 * rows.length + 8, marginTop: 4, marginBottom: 4,
    x: {domain: extent(value), axis: null},
    y: {domain: rows.map(({method}) => method), label: null, padding: 0.35},
    marks: [
      Plot.axisY({tickSize: 0, label: null}),
      Plot.barX(rows, {x1: 'min', x2: 'max', y: 'method', fill: 'color'}),
      Plot.text(rows, {text: (row) => percent(row.clipped), y: 'method', frameAnchor: 'right', dx: 8,
        textAnchor: 'start'}),
      Plot.tip(rows, Plot.pointerY({x: (row) => (row.min + row.max) / 2, y: 'method',
        lineHeight: 1.3, title: (row) => `${row.method}: ${number(row.min)} to ${number(row.max)}\n` +
            `${percent(row.clipped)} of the numbers outside`})),
    ],
  });
}

// Smallest and largest number of each channel, with its mean if that was kept.
function channelsChart(value, width) {
  const rows = value.channels.map(([min, max], channel) => ({min, max, channel, mean: value.means?.[channel]}));
  const stroke = Math.max(1, Math.min(8, 0.6 * (width - 190) / rows.length));
  return Plot.plot({
    ...chartLook, width, height: 220, marginBottom: 40,
    x: {label: 'channel', domain: [-1, rows.length], tickFormat: 'd'},
    y: {label: 'smallest to largest number', grid: true, nice: true},
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX(rows, {x: 'channel', y1: 'min', y2: 'max', stroke: 'var(--bars)', strokeWidth: stroke}),
      Plot.dot(rows.filter((row) => row.mean != null), {x: 'channel', y: 'mean', r: 2, fill: 'var(--series-1)'}),
      Plot.tip(rows, Plot.pointerX({x: 'channel', y: 'max',
        lineHeight: 1.3, title: (row) => `channel ${row.channel}\n${number(row.min)} to ${number(row.max)}` +
            (row.mean == null ? '' : `\nmean ${number(row.mean)}`)})),
    ],
  });
}

// One point for each row, in the order given: `y` is a ratio. `open` gets the row that is clicked.
function ratioChart(rows, {width, y, label, title, open}) {
  const points = rows.map((row, index) => ({row, index, y: y(row)})).filter((point) => point.y != null);
  const chart = Plot.plot({
    ...chartLook, width, height: 200, marginLeft: 50, marginRight: 16, marginBottom: 40,
    x: {label: 'values in the order of the model', domain: [-1, rows.length], tickFormat: 'd'},
    y: {type: 'log', label, grid: true, ticks: 5, tickFormat: '~g',
      domain: [1, Math.max(2, ...points.map((point) => point.y * 1.2))]},
    marks: [
      Plot.ruleX(points, {x: 'index', y1: 1, y2: 'y', stroke: 'var(--bars)'}),
      Plot.dot(points, {x: 'index', y: 'y', r: 3, fill: 'var(--bars)'}),
      Plot.tip(points, Plot.pointer({x: 'index', y: 'y', lineHeight: 1.3, title: (point) => title(point.row)})),
    ],
  });
  chart.addEventListener('click', () => chart.value && open(chart.value.row));
  return chart;
}
