// The section of models that were measured: {scores, rows}, as trials_section.cpp writes it; and that of the gates.

// What a model is judged by: how to read it, how to write it, and whether little of it is good.
function trialMeasures({scores}) {
  return [
    {title: 'Size KB', key: (r) => r.size / 1024, text: (v) => number(Number(v.toFixed(1))), less: true},
    {title: 'Latency ms', key: (r) => r.latency[0], interval: (r) => r.latency, text: number, less: true},
    ...scores.map((score, index) => ({title: score.title, key: (r) => r.scores[index], less: !score.higher_is_better,
      text: score.is_share ? (v) => (100 * v).toFixed(2) + ' %' : number})),
    {title: 'SQNR dB', key: (r) => r.sqnr, text: (v) => v.toFixed(1)},
    {title: 'Peak MB', key: (r) => r.memory == null ? null : r.memory / 1048576,
      text: (v) => number(Number(v.toFixed(1))), less: true},
    {title: 'Cold ms', key: (r) => r.cold, text: number, less: true},
  ];
}

function trialColumns(section) {
  const [first] = section.rows;
  const columns = [
    {title: 'Model', help: 'By name', key: (r) => r.name, text: (r) => r.name, isText: true},
    {title: 'Smaller', help: 'How many times as small as the first', key: (r) => first.size / r.size,
      text: (r) => times(first.size / r.size)},
    {title: 'Faster', help: 'How many times as fast as the first, by the median of all rounds',
      key: (r) => r.faster?.[0], text: (r) => r.faster ? times(r.faster[0]) : ''},
    {title: '95 %', help: 'What holds that median with 95 %', key: (r) => r.faster?.[1],
      text: (r) => r.faster ? `${times(r.faster[1])} – ${times(r.faster[2])}` : ''},
    {title: 'Same top-1', help: "Share of samples on which the best class is the first model's",
      key: (r) => r.agreement, text: (r) => r.agreement == null ? '' : percent(r.agreement)},
    {title: 'Cosine', key: (r) => r.cosine, text: (r) => r.cosine == null ? '' : r.cosine.toFixed(5)},
    {title: 'p90 ms', key: (r) => r.p90, text: (r) => number(r.p90)},
    {title: 'p99 ms', key: (r) => r.p99, text: (r) => number(r.p99)},
    {title: 'Samples/s', key: (r) => r.per_second, text: (r) => number(r.per_second)},
  ];
  const measures = trialMeasures(section).map(({title, key, text, less}) => ({title, key,
    text: (r) => key(r) == null ? (title.startsWith('SQNR') && !r.first ? 'exact' : '') : text(key(r)),
    worstFirst: less ? 'ascending' : null}));
  columns.splice(1, 0, measures[0]);
  columns.splice(3, 0, ...measures.slice(1));
  return columns.filter(({key}) => section.rows.some((row) => key(row) != null));
}

// One point for each model, named, with the interval of what has one; the first is a square, the chosen one ringed.
function trialsChart(rows, x, y, width) {
  const points = rows.map((row) => ({row, x: x.key(row), y: y.key(row)})).filter((p) => p.x != null && p.y != null);
  const told = ({row}) => [x, y].map((m) => `${m.title}: ${m.text(m.key(row))}`).join('\n');
  const domain = (values) => {
    const [low, high] = d3.extent(values), margin = 0.12 * ((high - low) || Math.abs(high) || 1);
    return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
  };
  const axis = (measure) => points.flatMap(({row}) => measure.interval?.(row) ?? [measure.key(row)]);
  const hasRoom = points.length <= 8;  // for all names
  const named = points.filter(({row}) => hasRoom || row.undominated || row.chosen || row.first);
  return Plot.plot({
    ...chartLook, width, height: 340, marginLeft: 70, marginRight: 130, marginBottom: 40,
    x: {label: x.title, domain: domain(axis(x)), grid: true},
    y: {label: y.title, domain: domain(axis(y)), grid: true, tickFormat: y.text},
    marks: [
      x.interval == null ? null : Plot.ruleY(points, {y: 'y', x1: ({row}) => x.interval(row)[1],
        x2: ({row}) => x.interval(row)[2], stroke: 'var(--muted)'}),
      y.interval == null ? null : Plot.ruleX(points, {x: 'x', y1: ({row}) => y.interval(row)[1],
        y2: ({row}) => y.interval(row)[2], stroke: 'var(--muted)'}),
      Plot.dot(points, {x: 'x', y: 'y', r: 6, symbol: ({row}) => row.first ? 'square' : 'circle',
        fill: ({row}) => row.undominated ? 'var(--series-2)' : 'var(--calm)'}),
      Plot.dot(points.filter(({row}) => row.chosen), {x: 'x', y: 'y', r: 10, stroke: 'var(--series-1)', strokeWidth: 2}),
      Plot.text(named, {x: 'x', y: 'y', text: ({row}) => row.name.split('/').pop(), dx: 8, dy: -9,
        textAnchor: 'start'}),
      Plot.tip(points, Plot.pointer({x: 'x', y: 'y', lineHeight: 1.3,
        title: (point) => `${point.row.name}\n${told(point)}`})),
    ],
  });
}

// The plot with a choice of both axes.
function trialsFigure(section, width) {
  const measures = trialMeasures(section).filter(({key}) => section.rows.some((row) => key(row) != null));
  const quality = measures[2] ?? measures[0];
  const place = element('div', {class: 'charts'}), left = element('span');
  const select = (chosen, label) => {
    const options = measures.map((measure, index) =>
      element('option', {value: index, selected: measure === chosen ? '' : null}, measure.title));
    return element('select', {'aria-label': label, onchange: () => draw()}, ...options);
  };
  const across = select(measures[1], 'Across'), upwards = select(quality, 'Upwards');
  const draw = () => {
    const x = measures[across.value], y = measures[upwards.value];
    place.setAttribute('aria-label', `${y.title} of ${plural(section.rows.length, 'model')} over ${x.title}; the ` +
        'table below has the numbers');
    const lacking = section.rows.filter((row) => x.key(row) == null || y.key(row) == null).length;
    left.textContent = lacking > 0 ? ` Not drawn: ${plural(lacking, 'model')} without one of the two.` : '';
    place.replaceChildren(trialsChart(section.rows, x, y, width));
  };
  const caption = element('span', {}, upwards, ' over ', across, ' ',
      legend('series-2', 'no other is at least as good in all'), legend('calm', 'another is'), 'The square is the first model.',
      section.rows.some((row) => row.chosen) ? ' The ring is what was chosen.' : null, left);
  const made = figure('Models', caption, place);
  draw();
  return made;
}

function trialDetail(row) {
  const facts = [['Model', row.name], ['Size', `${count(row.size)} bytes`],
    ['Latency', `${number(row.latency[0])} ms (${number(row.latency[1])} to ${number(row.latency[2])})`]];
  const detail = element('div', {}, factList(facts));
  if (row.plan) detail.append(planSaver(row.plan, `${row.name}.plan.json`));
  return detail;
}

function trialsSection(section) {
  const table = new SortableTable({columns: trialColumns(section), rows: section.rows,
    caption: 'All models. A title sorts by its column.', detail: (row) => trialDetail(row)});
  return [element('h2', {}, 'Models'), trialsFigure(section, pageWidth()), table.element];
}

const gateColumns = [
  {title: 'Gate', key: (g) => g.gate, text: (g) => g.gate, isText: true},
  {title: 'Model', key: (g) => g.model, text: (g) => g.model, isText: true},
  {title: 'Bound', key: (g) => g.bound, text: (g) => g.bound, isText: true},
  {title: 'Measured', key: (g) => g.measured, text: (g) => g.measured, isText: true},
  {title: 'Verdict', key: (g) => g.verdict, text: (g) => g.verdict, isText: true},
];

function gatesSection(gates) {
  const table = new SortableTable({columns: gateColumns, rows: gates, sortedBy: 4, caption: 'All gates.'});
  return [element('h2', {}, 'Gates'), table.element];
}
