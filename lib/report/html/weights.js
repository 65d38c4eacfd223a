// The section of quantized weights: {few_integers, weights}, as weight_section.cpp writes it.

// Each channel, the widest first, from its smallest to its largest number, in front of what its scale can express.
// Those that keep few integers stand out.
function weightChannelsChart(weight, few, width, height = 230) {
  const bars = weight.bars.map(([min, max, low, high, integers], index) => ({min, max, low, high, integers, index}));
  bars.sort((a, b) => Math.max(-b.min, b.max) - Math.max(-a.min, a.max));
  bars.forEach((bar, rank) => { bar.rank = rank; });
  const isFew = (bar) => bar.integers > 0 && bar.integers < few;
  const stroke = Math.max(1, Math.min(8, 0.7 * (width - 100) / bars.length));
  const channel = (bar) => weight.channels_a_bar === 1 ? `channel ${bar.index}` :
      `channels ${bar.index * weight.channels_a_bar} to ` +
      `${Math.min(weight.channels, (bar.index + 1) * weight.channels_a_bar) - 1}`;
  return Plot.plot({
    ...chartLook, width, height, marginLeft: 60, marginRight: 16, marginTop: 24, marginBottom: 34,
    x: {label: 'channels, the widest first', domain: [-1, bars.length], ticks: []},
    y: {label: 'numbers', grid: true},
    marks: [
      Plot.ruleX(bars, {x: 'rank', y1: 'low', y2: 'high', stroke: 'var(--line)', strokeWidth: stroke}),
      Plot.ruleX(bars, {x: 'rank', y1: 'min', y2: 'max', strokeWidth: stroke,
        stroke: (bar) => isFew(bar) ? 'var(--error-0)' : 'var(--bars)'}),
      Plot.dot(bars.filter(isFew), {x: 'rank', y: 0, r: Math.min(3, 0.6 * stroke + 1), fill: 'var(--error-0)'}),
      Plot.tip(bars, Plot.pointerX({x: 'rank', y: 'max', lineHeight: 1.3,
        title: (bar) => `${channel(bar)}: ${number(bar.min)} to ${number(bar.max)}\n` +
            `its scale expresses ${number(bar.low)} to ${number(bar.high)}` +
            (bar.integers > 0 ? `\n${plural(bar.integers, 'integer')} in use` : '')})),
    ],
  });
}

function weightChannelsFigure(weight, few, width, height) {
  const numbers = weight.is_float ? 'numbers of the float weight' : 'numbers that its integers stand for';
  const label = `Channels of the weight '${weight.name}': ${plural(weight.channels, 'channel')}, ${numbers} from ` +
      `${number(weight.min)} to ${number(weight.max)}; the widest reaches ${times(weight.most)} as far as the ` +
      `narrowest; ${count(weight.few)} keep fewer than ${few} integers`;
  const caption = element('span', {}, `Channels of '${weight.name}': `, legend('bars', numbers),
      legend('error-0', `fewer than ${few} integers are left`), legend('line', 'what the scale can express'),
      weight.channels_a_bar === 1 ? null :
        ` Each bar is ${weight.channels_a_bar} channels of ${count(weight.channels)}.`);
  return figure(label, caption, weightChannelsChart(weight, few, width, height));
}

function weightHistogramFigure(weight, width) {
  const label = `Histogram of ${plural(weight.count, 'number')} of the weight '${weight.name}', from ` +
      `${number(weight.min)} to ${number(weight.max)}; its integers express ${number(weight.low)} to ` +
      number(weight.high);
  const rows = bins(weight.histogram), most = Math.max(...weight.histogram.counts);
  const chart = Plot.plot({
    ...chartLook, width, height: 200, marginLeft: 60, marginRight: 16, marginBottom: 30,
    x: {label: null},
    y: {type: 'log', label: 'numbers', tickFormat: '~s', grid: true, ticks: powersOfTen(most), domain: [0.5, most]},
    marks: [
      Plot.rectY(rows, {x1: 'x1', x2: 'x2', y1: 0.5, y2: 'n', fill: 'var(--bars)', inset: 0}),
      Plot.ruleX([weight.low, weight.high], {stroke: 'var(--series-1)', strokeWidth: 1.5, strokeDasharray: '4 3'}),
      Plot.ruleY([0.5]),
      Plot.tip(rows, Plot.pointerX({x: (bin) => (bin.x1 + bin.x2) / 2, y: 'n', lineHeight: 1.3,
        title: (bin) => `${plural(bin.n, 'number')}, ${percent(bin.n / weight.count)}\n` +
            `${number(bin.x1)} to ${number(bin.x2)}`})),
    ],
  });
  return figure(label, 'All numbers; the dashed lines are the ends of what the integers can express.', chart);
}

const weightColumns = [
  {title: 'Weight', help: 'By name', key: (w) => w.name, text: (w) => w.name, isText: true},
  {title: 'Read by', help: 'By operator', key: (w) => w.operator, text: (w) => w.operator, isText: true},
  {title: 'Type', key: (w) => w.type, text: (w) => w.type, isText: true},
  {title: 'Scales', key: (w) => w.scales, text: (w) => w.scales, isText: true},
  {title: 'Channels', key: (w) => w.channels, text: (w) => count(w.channels)},
  {title: 'Widest ÷ median', help: 'Reach of the widest channel over that of the median one',
    key: (w) => w.widest, text: (w) => times(w.widest)},
  {title: 'Widest ÷ narrowest', help: 'Channels that are as good as 0 do not count',
    key: (w) => w.most, text: (w) => times(w.most)},
  {title: 'Few integers', help: 'Channels that keep few integers', key: (w) => w.few, text: (w) => count(w.few)},
  {title: 'Only 0', help: 'Channels of which nothing but 0 is left', key: (w) => w.vanished,
    text: (w) => count(w.vanished)},
];

function weightDetail(weight, few, cell) {
  const width = detailWidth(cell);
  const numbers = weight.is_float ? 'of the float weight' : 'what the integers stand for: the float weight is another';
  const detail = element('div', {}, factList([['Node', weight.node], ['Shape', weight.shape], ['Numbers', numbers]]));
  if (weight.channels > 1) detail.append(weightChannelsFigure(weight, few, width));
  if (weight.histogram) detail.append(weightHistogramFigure(weight, width));
  return detail;
}

function weightsSection({few_integers: few, weights}) {
  if (weights.length === 0) return [];
  const table = new SortableTable({columns: weightColumns, rows: weights,
    sortedBy: weightColumns.findIndex(({title}) => title === 'Few integers'),
    caption: 'All quantized weights. A name opens its channels and its histogram.',
    detail: (weight, cell) => weightDetail(weight, few, cell)});
  return [element('h2', {}, 'Weights'), table.element];
}
