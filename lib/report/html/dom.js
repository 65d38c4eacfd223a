// Building elements. Text from the data is only ever set as text, never as HTML.

// element('p', {class: 'x', onclick: f}, 'text', otherElement): attributes that are functions become
// listeners; those that are false, null or undefined are left out.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

// The text, which may be broken behind '/' and '_'.
function breakable(text) {
  return text.split(/(?<=[/_])/).flatMap((part) => [part, element('wbr')]);
}

// The text, whose options are not broken behind their hyphens.
function withOptions(text) {
  return text.split(/(--[a-z-]+)/).map((part, i) => i % 2 === 0 ? part : element('span', {class: 'option'}, part));
}

// A drawing with the text that stands for it where it cannot be seen.
function figure(label, caption, chart) {
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', label);
  return element('figure', {}, element('figcaption', {}, caption), chart);
}

// An entry of a legend: a colour of style.css and what it stands for.
function legend(colour, text) {
  return element('span', {class: 'legend'}, element('span', {class: 'key', style: `background: var(--${colour})`}), text);
}

// Facts as pairs of a name and a text.
function factList(facts) {
  return element('dl', {class: 'facts'},
      ...facts.map(([name, text]) => element('div', {}, element('dt', {}, name), element('dd', {}, text))));
}

// How wide a chart may be: on the page, and in the cell of an opened row.
function pageWidth() { return Math.min(1200, document.getElementById('report').clientWidth); }
function detailWidth(cell) { return Math.max(360, Math.min(1000, cell.clientWidth - 32)); }
