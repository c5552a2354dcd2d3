import { type Html, html } from '../../html.rules.ts';
import type { CheckState } from '../../readiness/finding.ts';
import type { SectionProgress } from '../review.ts';
import { capitalised, stateLooks, statesInOrder } from './reading-words.rules.ts';

type Counts = { total: number } & Record<CheckState, number>;

/** One bar of all checks, what its colours mean, and a bar for each section. */
export function renderProgress(sections: readonly SectionProgress[]): Html {
  const all = sumOf(sections);
  const legend = statesInOrder.filter((state) => all[state] > 0);
  return html`<section id="progress"><h2>Progress</h2>
<div class="whole">${bar('All checks', all)}</div>
<ul class="legend">${legend.map((state) => {
    const { name, colour } = stateLooks[state];
    return html`<li>${swatch(colour)}<b>${all[state]}</b> ${name}</li>`;
  })}</ul>
<div class="plot">${sections.map(
    (section) => html`<div class="row"><span class="name">${capitalised(section.section)}</span>
${bar(section.section, section)}<span class="sum">${sumText(section)}</span></div>`,
  )}</div></section>`;
}

/** How many hold of those that concern this review. */
function sumText(counts: Counts): string {
  const concerned = counts.total - counts['not-applicable'];
  return concerned === 0 ? 'none applies' : `${counts.passed + counts.attested} of ${concerned} hold`;
}

function sumOf(sections: readonly SectionProgress[]): Counts {
  const sum = (pick: (section: SectionProgress) => number): number =>
    sections.reduce((total, section) => total + pick(section), 0);
  const counts = Object.fromEntries(statesInOrder.map((state) => [state, sum((section) => section[state])]));
  return { total: sum(({ total }) => total), ...(counts as Record<CheckState, number>) };
}

/** A bar whose parts are as wide as there are checks in a state. */
function bar(about: string, counts: Counts): Html {
  const said = statesInOrder
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${stateLooks[state].name}`);
  let before = 0;
  const parts = statesInOrder.flatMap((state) => {
    if (counts[state] === 0) return [];
    const [x, width] = [(before / counts.total) * 1000, (counts[state] / counts.total) * 1000];
    before += counts[state];
    const { name, colour } = stateLooks[state];
    return [
      html`<rect x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="20" fill="${colour}"><title>${counts[state]} ${name}</title></rect>`,
    ];
  });
  return html`<svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="${about}: ${said.join(', ')}">${parts}</svg>`;
}

function swatch(colour: string): Html {
  return html`<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" fill="${colour}"></rect></svg>`;
}
