const filteredRows = 10;  // at least, for a filter

// A table of many rows: sorted by its titles, filtered by a text, each row opened by its first cell.
//
// columns: {title, help, key(row), text(row), isText, isWide, worstFirst}; the first one is the row's name. Numbers are
// sorted with the largest first, those with worstFirst 'ascending' with the smallest.
// sortedBy: the place of a column; without it rows stay in the order given.
// detail(row): the element that an opened row shows, made when it is first opened; without it rows do not open.
class SortableTable {
  static count = 0;

  constructor({columns, rows, sortedBy, caption, detail}) {
    this.columns = columns;
    this.detail = detail;
    this.entries = new Map(rows.map((row) => [row, this.makeRow(row)]));
    this.body = element('tbody', {onkeydown: (event) => this.moveFocus(event)});
    this.heads = columns.map((column, index) => this.makeHead(column, index));
    this.shown = element('span', {role: 'status'});
    const id = SortableTable.count++ === 0 ? 'filter' : `filter${SortableTable.count}`;
    this.filter = element('input', {type: 'search', id, oninput: () => this.fill()});
    this.element = element('div', {},
        rows.length < filteredRows ? null :
            element('p', {class: 'controls'}, element('label', {for: id}, 'Filter by name '), this.filter, ' ',
                this.shown),
        element('div', {class: 'scroll'},
            element('table', {class: 'rows'}, element('caption', {}, caption),
                element('thead', {}, element('tr', {}, ...this.heads)), this.body)));
    if (sortedBy == null) this.fill();
    else this.sort(sortedBy);
  }

  makeHead(column, index) {
    return element('th', {scope: 'col', class: column.isText ? 'text' : ''},
        element('button', {type: 'button', title: column.help, onclick: () => this.sort(index)}, column.title));
  }

  makeRow(row) {
    const [name, ...others] = this.columns;
    const text = element('span', {}, ...breakable(name.text(row)));
    const button = !this.detail ? text : element('button', {type: 'button', class: 'open', 'aria-expanded': 'false',
      onclick: () => this.toggle(row)}, text);
    const line = element('tr', {}, element('th', {scope: 'row'}, button),
        ...others.map(({isText, isWide, text}) =>
          element('td', {class: `${isText ? 'text' : ''} ${isWide ? 'wide' : ''}`}, text(row))));
    return {line, button, detail: null};
  }

  // By that column: first as the column says, and the other way at the second time.
  sort(index) {
    const {key, isText, worstFirst} = this.columns[index];
    const again = this.sortedBy === index;
    this.sortedBy = index;
    this.ascending = again ? !this.ascending : Boolean(isText) || worstFirst === 'ascending';
    const sign = this.ascending ? 1 : -1;
    const compare = (a, b) => isText ? a.localeCompare(b, 'en', {numeric: true}) : a - b;
    const rows = [...this.entries.keys()];
    const empty = (row) => key(row) == null;  // stand last either way
    rows.sort((a, b) => empty(a) - empty(b) || (empty(a) ? 0 : sign * compare(key(a), key(b))));
    this.entries = new Map(rows.map((row) => [row, this.entries.get(row)]));
    this.heads.forEach((head, i) => head.setAttribute('aria-sort',
        i !== index ? 'none' : this.ascending ? 'ascending' : 'descending'));
    this.fill();
  }

  fill() {
    const wanted = this.filter.value.toLowerCase();
    const visible = [...this.entries].filter(([row]) => this.columns[0].text(row).toLowerCase().includes(wanted));
    this.body.replaceChildren(...visible.flatMap(([, {line, detail}]) => detail ? [line, detail] : [line]));
    this.shown.textContent = `${count(visible.length)} of ${plural(this.entries.size, 'row')}`;
  }

  toggle(row) {
    const entry = this.entries.get(row);
    const open = entry.button.getAttribute('aria-expanded') !== 'true';
    entry.button.setAttribute('aria-expanded', open);
    if (entry.detail) {
      entry.detail.hidden = !open;
      return;
    }
    const cell = element('td', {colspan: this.columns.length});
    entry.detail = element('tr', {class: 'detail'}, cell);
    entry.line.after(entry.detail);
    cell.append(this.detail(row, cell));
  }

  // Opens a row from elsewhere on the page and goes there.
  show(row) {
    const {button} = this.entries.get(row);
    if (!button.isConnected) {
      this.filter.value = '';
      this.fill();
    }
    if (button.getAttribute('aria-expanded') !== 'true') this.toggle(row);
    button.focus({preventScroll: true});
    button.scrollIntoView({block: 'start'});
  }

  // The arrow keys go from row to row.
  moveFocus(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step || !event.target.matches('button.open')) return;
    const buttons = [...this.body.querySelectorAll('button.open')];
    buttons[buttons.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  }
}
