// The overview of a graph: {groups, nodes}, as graph_section.cpp writes it. Every node is a cell in topological
// order, coloured by its group; the one that is pointed at or has the focus is told below, and the nodes that it
// reads from and that read it are marked.

const drawnNodes = 3000;   // at most
const namedNodes = 240;    // up to so many show their operator

class GraphOverview {
  // open(node): called when a node is clicked, if it is given; canOpen(node) says for which.
  constructor({groups, nodes}, {open, canOpen} = {}) {
    this.groups = groups;
    this.nodes = nodes.slice(0, drawnNodes);
    this.readers = this.nodes.map(() => []);
    this.nodes.forEach((node, index) => node.reads.forEach((from) => this.readers[from]?.push(index)));
    this.open = open && ((node) => canOpen(node) && open(node));
    this.told = element('p', {class: 'told', role: 'status'},
        'Point at a node, or go there with Tab and the arrow keys.');
    this.cells = this.nodes.map((node, index) => this.makeCell(node, index));
    this.cells[0]?.setAttribute('tabindex', '0');
    const isNamed = this.nodes.length <= namedNodes;
    this.element = element('div', {class: 'overview'}, this.legend(nodes),
        element('div', {class: isNamed ? 'cells named' : 'cells', role: 'group', 'aria-label': 'Nodes of the graph',
          onkeydown: (event) => this.moveFocus(event)}, ...this.cells),
        this.told,
        nodes.length > drawnNodes ? element('p', {class: 'note'},
            `The first ${count(drawnNodes)} of ${count(nodes.length)} nodes are drawn.`) : null);
  }

  legend(nodes) {
    const entry = (group, index) => {
      const many = nodes.filter((node) => node.group === index).length;
      return many === 0 ? null : legend(group.color, `${group.name}: ${count(many)}`);
    };
    return element('p', {class: 'note'}, ...this.groups.map(entry));
  }

  makeCell(node, index) {
    const tell = () => this.tell(index);
    const group = this.groups[node.group];
    return element('button', {type: 'button', tabindex: '-1', style: `background: var(--${group.color})`,
      'aria-label': `${node.operator} ${node.name}: ${group.name}`,
      onfocus: tell, onmouseenter: tell, onclick: () => this.open?.(node)}, node.operator);
  }

  tell(index) {
    const {name, operator, group, text, reads} = this.nodes[index];
    for (const cell of this.element.querySelectorAll('.near, .at')) cell.classList.remove('near', 'at');
    this.cells[index].classList.add('at');
    for (const other of [...reads, ...this.readers[index]]) this.cells[other]?.classList.add('near');
    this.told.replaceChildren(element('b', {}, operator),
        ` ${name} – ${this.groups[group].name}${text ? `: ${text}` : ''}`);
  }

  // The arrow keys go from node to node; up and down by a row.
  moveFocus(event) {
    const index = this.cells.indexOf(event.target);
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key] ?? this.rowStep(index, event.key);
    const next = {Home: 0, End: this.cells.length - 1}[event.key] ?? index + (step ?? NaN);
    if (index < 0 || !this.cells[next]) return;
    this.cells[index].setAttribute('tabindex', '-1');
    this.cells[next].setAttribute('tabindex', '0');
    this.cells[next].focus();
    event.preventDefault();
  }

  rowStep(index, key) {
    const sign = {ArrowDown: 1, ArrowUp: -1}[key];
    if (!sign || index < 0) return null;
    const {offsetTop, offsetLeft} = this.cells[index];
    let row = null, best = null;
    for (let i = index + sign; this.cells[i]; i += sign) {
      const cell = this.cells[i];
      if (cell.offsetTop === offsetTop) continue;
      row ??= cell.offsetTop;
      if (cell.offsetTop !== row) break;
      if (best == null || Math.abs(cell.offsetLeft - offsetLeft) < Math.abs(this.cells[best].offsetLeft - offsetLeft))
        best = i;
    }
    return best == null ? null : best - index;
  }
}
