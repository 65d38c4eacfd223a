// Draws the page from the data in it: {title, facts, remarks, <section>: data of the section…}.

// In the order of the page. Each gets its data, and that of the whole page.
const sections = {
  compare: compareSection,
  trials: trialsSection,
  gates: gatesSection,
  plan: planSection,
  calibration: calibrationSection,
  weights: weightsSection,
  environment: (facts) => [element('h2', {}, 'Environment'), factList(facts)],
};

function drawReport(data) {
  document.title = data.title;
  const remarks = data.remarks.map((text) => element('li', {}, text));
  const report = document.getElementById('report');
  report.append(element('h1', {}, data.title), factList(data.facts));
  if (remarks.length > 0) report.append(element('ul', {class: 'remarks', 'aria-label': 'Remarks'}, ...remarks));
  for (const [name, section] of Object.entries(sections))
    if (data[name]) report.append(...section(data[name], data));
}

drawReport(JSON.parse(document.getElementById('data').textContent));
