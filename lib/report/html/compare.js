// The section of a comparison: {layers, causes}, worst layer first, as compare_page.cpp writes it.

const drawnLayers = 2000;  // at most: the worst

function decibel(value) { return value == null ? 'exact' : value.toFixed(1); }

const layerColumns = [
  {title: 'Node', help: 'By name', key: (l) => l.name, text: (l) => l.name, isText: true},
  {title: 'Operator', key: (l) => l.operator, text: (l) => l.operator, isText: true},
  {title: 'Alone dB', help: 'SQNR if all that the node reads is exact', key: (l) => l.alone,
    text: (l) => decibel(l.alone), worstFirst: 'ascending'},
  {title: 'So far dB', help: 'SQNR with all errors before it', key: (l) => l.so_far, text: (l) => decibel(l.so_far),
    worstFirst: 'ascending'},
  {title: 'Cosine', key: (l) => l.cosine, text: (l) => l.cosine == null ? '–' : l.cosine.toFixed(5),
    worstFirst: 'ascending'},
  {title: 'Max error', key: (l) => l.max_error, text: (l) => number(l.max_error)},
  {title: 'Clipped', help: 'Share of the elements outside of what the integers can express', key: (l) => l.clipped,
    text: (l) => percent(l.clipped)},
  {title: 'Range used', help: 'How much of what the integers can express the elements take', key: (l) => l.range_used,
    text: (l) => percent(l.range_used), worstFirst: 'ascending'},
  {title: 'Weights dB', help: "SQNR of the node's worst weight", key: (l) => l.weights_db,
    text: (l) => l.weights_db == null ? '' : decibel(l.weights_db), worstFirst: 'ascending'},
  {title: 'Cause', key: (l) => l.cause?.kind, text: (l) => l.cause?.kind ?? '', isText: true},
];

// SQNR of each layer in the order in which they are computed.
function layersChart(layers, width, open) {
  const drawn = layers.slice(0, drawnLayers).sort((a, b) => a.place - b.place);
  drawn.forEach((layer, rank) => { layer.rank = rank; });
  const finite = drawn.flatMap((l) => [l.alone, l.so_far]).filter((v) => v != null);
  const top = Math.min(80, Math.max(50, ...finite)), bottom = Math.min(0, ...finite);
  const alone = drawn.filter((l) => l.alone != null), soFar = drawn.filter((l) => l.so_far != null);
  const chart = Plot.plot({
    ...chartLook, width, height: 240, marginLeft: 50, marginRight: 16, marginBottom: 40,
    x: {label: 'layers in the order in which they are computed', domain: [-1, drawn.length], tickFormat: 'd'},
    y: {label: `SQNR in dB, ${top} and more at the top`, grid: true, domain: [bottom, top], clamp: true},
    marks: [
      Plot.ruleX(alone, {x: 'rank', y1: top, y2: 'alone', stroke: 'var(--line)'}),
      Plot.line(soFar, {x: 'rank', y: 'so_far', stroke: 'var(--series-3)', strokeWidth: 1.5}),
      Plot.dot(alone, {x: 'rank', y: 'alone', r: 3.5, fill: (l) => l.cause ? 'var(--error-0)' : 'var(--bars)'}),
      Plot.tip(drawn, Plot.pointerX({x: 'rank', y: (l) => l.alone ?? l.so_far ?? top, lineHeight: 1.3,
        title: (l) => `${l.name}\n${l.operator}: alone ${decibel(l.alone)} dB, so far ${decibel(l.so_far)} dB` +
            (l.cause ? `\ncause: ${l.cause.kind}` : '')})),
    ],
  });
  chart.addEventListener('click', () => chart.value && open(chart.value));
  return chart;
}

function layersFigure(layers, width, open) {
  const caption = element('span', {}, legend('bars', 'the layer alone'), legend('error-0', 'alone, below 40 dB'),
      legend('series-3', 'with all errors before it'),
      layers.length <= drawnLayers ? null :
        `The worst ${count(drawnLayers)} of ${count(layers.length)} layers are drawn.`);
  return figure(`SQNR of ${plural(layers.length, 'layer')} in the order in which they are computed; the table below ` +
      'has the numbers', caption, layersChart(layers, width, open));
}

// What is to blame: the worst layer in words and as a chart, then what else there is.
function blame({layers, causes}, weights, width, open) {
  if (causes.length === 0)
    return [element('p', {}, 'Nothing sticks out: the SQNR of each layer by itself is 40 dB or more.')];
  const link = ({layer}) => element('button', {type: 'button', class: 'link', onclick: () => open(layers[layer])},
      layers[layer].name);
  const [first, ...others] = causes;
  const told = [element('p', {class: 'blame'}, link(first), ` (${decibel(layers[first.layer].alone)} dB by itself): ` +
      `${first.text}. `, element('b', {}, ...withOptions(`To mend it: ${first.mend}.`)))];
  if (first.weight != null && weights.weights[first.weight].channels > 1)
    told.push(weightChannelsFigure(weights.weights[first.weight], weights.few_integers, width, 240));
  if (others.length > 0)
    told.push(element('ul', {class: 'looks'}, ...others.slice(0, 5).map((cause) => element('li', {}, link(cause),
        ` (${decibel(layers[cause.layer].alone)} dB): `, ...withOptions(cause.text === first.text ? 'the same.' :
            cause.text + (cause.mend === first.mend ? ': the same cure.' : `. To mend it: ${cause.mend}.`))))));
  if (others.length > 5)
    told.push(element('p', {class: 'note'}, `The table has ${plural(others.length - 5, 'more layer')} below 40 dB.`));
  return told;
}

function layerDetail(layer, weights, cell) {
  const width = detailWidth(cell);
  const detail = element('div', {}, factList([['Value', layer.value], ['Operator', layer.operator]]));
  if (layer.cause)
    detail.append(element('p', {class: 'remark'},
        ...withOptions(`${layer.cause.text}. To mend it: ${layer.cause.mend}.`)));
  for (const weight of weights.weights.filter(({name}) => layer.weights.includes(name))) {
    if (weight.channels > 1) detail.append(weightChannelsFigure(weight, weights.few_integers, width));
    if (weight.histogram) detail.append(weightHistogramFigure(weight, width));
  }
  return detail;
}

function compareSection(section, {weights, graph}) {
  const {layers, causes} = section;
  for (const cause of causes) layers[cause.layer].cause = cause;
  const columns = layerColumns.filter(({key}) => layers.some((layer) => key(layer) != null));
  const table = new SortableTable({columns, rows: layers,
    sortedBy: columns.findIndex(({title}) => title === 'Alone dB'),
    caption: 'All layers. A title sorts by its column, a name opens its weights; ↑ and ↓ go from name to name.',
    detail: (layer, cell) => layerDetail(layer, weights, cell)});
  const open = (layer) => table.show(layer);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const overview = new GraphOverview(graph, {open: (node) => open(byName.get(node.name)),
    canOpen: (node) => byName.has(node.name)});
  const width = pageWidth();
  return [
    element('h2', {}, 'What is to blame'), ...blame(section, weights, width, open),
    element('h2', {}, 'Error layer by layer'), layersFigure(layers, width, open),
    element('h2', {}, 'Graph'), overview.element,
    element('h2', {}, 'Layers'), table.element,
  ];
}
