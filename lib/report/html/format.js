// Numbers as text.

// Four significant digits: "0.01234", "-1.2e-7", "123,456".
function number(value) {
  if (value == null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2);
  return value.toLocaleString('en', {maximumSignificantDigits: Math.max(4, Math.ceil(Math.log10(size + 1)))});
}

function count(value) { return value.toLocaleString('en'); }

// A ratio: "3.2×".
function times(value) { return value == null ? '–' : number(Number(value.toPrecision(3))) + '×'; }

// A share of 1: "12.3 %", "none", "< 0.001 %".
function percent(share) {
  if (share == null) return '–';
  if (share === 0) return 'none';
  if (share < 1e-5) return '< 0.001 %';
  return Number((100 * share).toPrecision(3)) + ' %';
}

function plural(many, noun) { return `${count(many)} ${noun}${many === 1 ? '' : 's'}`; }
