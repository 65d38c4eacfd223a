// The section of a calibration table: {methods, levels, symmetric, values}, as calibration_report.cpp writes it.
// Where a plan followed, values have `chosen`, what the integers it gave them express; it then stands before the ranges
// of the methods.

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

// Names the ranges of a value and adds what the table sorts by: `disagreement`, the widest range of a method over the
// narrowest; `spread`, the widest channel over the median one; `clipped`, the largest share outside a range.
function addMeasures(value, methods) {
  value.ranges?.forEach((range, i) => Object.assign(range, {method: methods[i], color: color(i)}));
  const widths = value.ranges?.map((range) => range.max - range.min) ?? [];
  const narrowest = Math.min(...widths);
  if (narrowest > 0) {
    value.disagreement = Math.max(...widths) / narrowest;
    value.narrowest = value.ranges[widths.indexOf(narrowest)];
  }
  if (value.chosen) value.ranges.unshift({...value.chosen, method: 'chosen', color: 'var(--accent)'});
  value.clipped = value.chosen?.clipped ?? (value.ranges && Math.max(...value.ranges.map((range) => range.clipped)));
  const magnitudes = value.channels?.map(([min, max]) => Math.max(-min, max)) ?? [];
  if (median(magnitudes) > 0) value.spread = Math.max(...magnitudes) / median(magnitudes);
}

const calibrationColumns = [
  {title: 'Value', help: 'By name', key: (v) => v.name, text: (v) => v.name, isText: true},
  {title: 'Made by', help: 'By operator', key: (v) => v.operator, text: (v) => v.operator, isText: true},
  {title: 'Methods disagree', help: 'Width of the widest range over that of the narrowest',
    key: (v) => v.disagreement, text: (v) => times(v.disagreement)},
  {title: 'Channels differ', help: 'Magnitude of the widest channel over that of the median one',
    key: (v) => v.spread, text: (v) => times(v.spread)},
  {title: 'Clipped', help: 'Share of the numbers outside the chosen range, else outside the worst of a method',
    key: (v) => v.clipped, text: (v) => percent(v.clipped)},
  {title: 'Width', help: 'From the smallest to the largest number', key: (v) => v.count ? v.max - v.min : null,
    text: (v) => v.count ? number(v.max - v.min) : '–'},
  {title: 'Smallest', key: (v) => v.min, text: (v) => number(v.min)},
  {title: 'Largest', key: (v) => v.max, text: (v) => number(v.max)},
  {title: 'Mean', key: (v) => v.mean, text: (v) => number(v.mean)},
  {title: 'Std', help: 'Standard deviation', key: (v) => v.std, text: (v) => number(v.std)},
  {title: 'Numbers', help: 'How many numbers were seen', key: (v) => v.count, text: (v) => count(v.count)},
  {title: 'Remark', key: (v) => v.remark ?? null, text: (v) => v.remark ?? '', isText: true},
];

// The ranges as a table: all that their chart shows.
function rangesTable(value, {levels, symmetric}) {
  const whole = value.max - value.min;
  const span = ({min, max}) => symmetric ? 2 * Math.max(-min, max) : Math.max(max, 0) - Math.min(min, 0);
  const row = (range) => element('tr', {},
      element('th', {scope: 'row'}, element('span', {class: 'key', style: `background: ${range.color}`}), range.method),
      ...[number(range.min), number(range.max), percent(whole > 0 ? (range.max - range.min) / whole : null),
        number(span(range) / (levels - 1)), percent(range.clipped)]
          .map((text) => element('td', {}, text)));
  const titles = ['Method', 'From', 'To', 'Of what was seen', 'One step', 'Outside'];
  return element('table', {class: 'ranges'},
      element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', {scope: 'col'}, title)))),
      element('tbody', {}, ...value.ranges.map(row)));
}

function describeRanges(value) {
  return value.ranges.map((range) => `${range.method} ${number(range.min)} to ${number(range.max)}`).join(', ');
}

// Histogram and ranges, with the switch of the counts' axis.
function histogramFigure(value, width) {
  const label = `Histogram of ${plural(value.count, 'number')} from ${number(value.min)} to ${number(value.max)}. ` +
      `Ranges: ${describeRanges(value)}`;
  const charts = element('div', {class: 'charts'});
  const isLog = element('input', {type: 'checkbox', checked: '', onchange: () => draw()});
  const draw = () => charts.replaceChildren(
      histogramChart(value, width, isLog.checked), rangesChart(value, width));
  draw();
  const caption = element('span', {}, 'What was seen, the range that each method takes, and the share of the numbers ' +
      'outside it. ', element('label', {}, isLog, ' log counts'));
  return figure(label, caption, charts);
}

function valueDetail(value, section, cell) {
  const width = detailWidth(cell);
  const facts = [['Type', value.type], ['Made by', value.producer], ['Read by', value.readers.join(', ') || '–']];
  const detail = element('div', {}, factList(facts.filter(([, text]) => text)));
  if (value.remark) detail.append(element('p', {class: 'remark'}, remarkTexts[value.remark]));
  if (value.divided)
    detail.append(element('p', {class: 'note'}, 'Its channels are divided by factors before it becomes integers; the ' +
        'ranges below are of the value as it is.'));
  if (value.histogram) detail.append(histogramFigure(value, width), rangesTable(value, section));
  if (value.channels) {
    const label = `Smallest and largest number of each of ${plural(value.channels.length, 'channel')}; the widest is ` +
        `${times(value.spread)} the median one`;
    detail.append(figure(label, `Each of ${plural(value.channels.length, 'channel')}, from its smallest to its ` +
        `largest number${value.means ? '; the dot is the mean' : ''}.`, channelsChart(value, width)));
  }
  return detail;
}

const remarkTexts = {
  'unreached': 'No sample reached this value: what reads it stays float.',
  'constant': 'The value was the same in all samples: do they stand for real data?',
  'few numbers': 'Too few numbers for a histogram: the range may be wrong with methods other than minmax.',
};

// Sentences about the values that deserve a look, worst first.
function firstLooks(values) {
  const worst = (key, least) => values.filter((v) => v[key] >= least).sort((a, b) => b[key] - a[key]).slice(0, 5);
  return [
    ...worst('disagreement', 1.5).map((v) => [v, `methods disagree ${times(v.disagreement)}: ` +
        `${v.narrowest.method} takes ${percent(1 / v.disagreement)} of the widest range and leaves out ` +
        `${percent(v.narrowest.clipped)} of the numbers`]),
    ...worst('spread', 3).map((v) => [v, `channels differ: the widest of ${v.channels.length} reaches ` +
        `${times(v.spread)} as far as the median one`]),
  ];
}

function calibrationSection(section) {
  const {values, methods} = section;
  values.forEach((value) => addMeasures(value, methods));
  const columns = calibrationColumns.filter(({key}) => values.some((value) => key(value) != null));
  const table = new SortableTable({
    columns, rows: values, sortedBy: Math.max(0, columns.findIndex(({title}) => title === 'Methods disagree')),
    caption: 'All values. A title sorts by its column, a name opens its charts; ↑ and ↓ go from name to name.',
    detail: (value, cell) => valueDetail(value, section, cell)});
  const looks = firstLooks(values);
  const open = (value) => table.show(value);
  const width = pageWidth();
  const disagreement = ratioChart(values, {width, open, y: (v) => v.disagreement, label: 'widest ÷ narrowest range',
    title: (v) => `${v.name}\nmethods disagree ${times(v.disagreement)}`});
  return [
    element('h2', {}, 'Ranges: what to look at first'),
    looks.length === 0 ? element('p', {}, 'The methods agree on all values, and no channel sticks out.') :
      element('ul', {class: 'looks'}, ...looks.map(([value, text]) => element('li', {},
          element('button', {type: 'button', class: 'link', onclick: () => open(value)}, value.name), ' – ', text))),
    figure('How far methods disagree on each value; the table below has the numbers',
        'How far the methods disagree on each value. Where it is much, a few numbers lie far outside of the rest.',
        disagreement),
    element('h2', {}, 'Values'),
    table.element,
  ];
}
