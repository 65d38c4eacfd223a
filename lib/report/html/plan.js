// The section of a plan: {rows, text}, as quantize_report.cpp writes it, with the overview of the graph.

// Saves the text of a plan under that name.
function planSaver(text, name) {
  return element('p', {}, element('button', {type: 'button', class: 'link', onclick: () => {
    const url = URL.createObjectURL(new Blob([text], {type: 'application/json'}));
    element('a', {href: url, download: name}).click();
    URL.revokeObjectURL(url);
  }}, 'Save the plan'), ` as ${name}; qtool static MODEL OUTPUT --plan FILE applies it, edited or not.`);
}

const planColumns = [
  {title: 'Operator', key: (r) => r.operator, text: (r) => r.operator, isText: true},
  {title: 'Mode', key: (r) => r.mode, text: (r) => r.mode, isText: true},
  {title: 'Nodes', key: (r) => r.nodes, text: (r) => count(r.nodes)},
  {title: 'Reason', help: 'Why the nodes do not have the mode that was asked for', key: (r) => r.reason || null,
    text: (r) => r.reason, isText: true, isWide: true},
];

function planSection({rows, text}, {graph}) {
  const table = new SortableTable({columns: planColumns, rows, sortedBy: 2, caption: 'Operators, modes and reasons.'});
  return [element('h2', {}, 'Graph'), new GraphOverview(graph).element, element('h2', {}, 'Plan'), table.element,
    planSaver(text, 'plan.json')];
}
