/** The look of a certificate, on a screen and on paper. In the page itself: it is read without anything beside it. */
export const certificateStyle = `
:root { color-scheme: light; --ink: #17202b; --soft: #55606d; --line: #d9dfe6; --panel: #f5f7f9; --good: #1f7a4d; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 2.5rem) 5rem; }
header { border-bottom: 3px solid var(--ink); padding-bottom: 1.5rem; }
.brand { margin: 0; color: var(--soft); font-size: .9rem; }
h1 { margin: .2rem 0 1rem; font-size: 2.1rem; line-height: 1.15; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 .9rem; font-size: 1.35rem; }
h3 { margin: 1.4rem 0 .4rem; font-size: 1.05rem; overflow-wrap: anywhere; }
h3.group { margin-top: 2rem; padding-bottom: .35rem; border-bottom: 1px solid var(--line); }
h4 { margin: 0; font-size: 1rem; }
p { margin: .35rem 0; overflow-wrap: anywhere; }
.verdict { display: inline-block; margin: 0; padding: .35rem .9rem; border-radius: 4px; color: #fff; background: var(--bad);
  font-size: 1.15rem; font-weight: 700; }
.verdict.passed { background: var(--good); }
.missing { margin: 1rem 0 0; padding-left: 1.2rem; }
.soft { color: var(--soft); font-size: .875rem; font-weight: normal; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; overflow-wrap: anywhere; }
.hash { font-size: .75rem; }
dl { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); gap: .3rem 1.25rem; margin: 1rem 0 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
dd p:first-child { margin-top: 0; }
.said { white-space: pre-wrap; }
.whole svg { display: block; width: 100%; height: 1.75rem; border-radius: 4px; }
.legend, .cards, .plain { list-style: none; margin: .8rem 0; padding: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; }
.swatch { width: .8rem; height: .8rem; margin-right: .45rem; vertical-align: -.05rem; }
.plot .row { display: grid; grid-template-columns: 9rem minmax(0, 1fr) 8.5rem; gap: 1rem; align-items: center; padding: .3rem 0; }
.plot svg { display: block; width: 100%; height: 1rem; border-radius: 2px; }
.plot .sum { color: var(--soft); font-size: .875rem; text-align: right; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .9rem; }
.card { padding: .8rem 1rem; border: 1px solid var(--line); border-top: 4px solid var(--good); border-radius: 4px; }
.card.open { border-top-color: var(--bad); }
.card h3 { margin: 0 0 .3rem; }
.said-by h3 { margin: .5rem 0 0; }
.said-by { padding: .4rem 0 1.1rem; border-bottom: 1px solid var(--line); }
.check { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 1rem; padding: .9rem 0; border-bottom: 1px solid var(--line); }
.state { margin: 0; }
.badge { display: inline-block; padding: .1rem .55rem; border-radius: 4px; color: #fff; background: var(--state); font-size: .8rem;
  font-weight: 600; }
.badge.not-applicable { color: var(--ink); }
.remedy { padding-left: .8rem; border-left: 3px solid var(--bad); }
details { padding: .5rem 0; border-bottom: 1px solid var(--line); }
summary { cursor: pointer; overflow-wrap: anywhere; }
details li { overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding: 1.2rem 1.4rem; background: var(--panel); border-radius: 6px; }
footer h2 { margin-top: 0; }
pre { margin: .6rem 0; padding: .7rem .9rem; background: #fff; border: 1px solid var(--line); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: .82rem; }
@media (max-width: 40rem) {
  main { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .6rem; }
  .plot .row { grid-template-columns: minmax(0, 1fr) auto; gap: .15rem 1rem; padding: .5rem 0; }
  .plot svg { grid-row: 2; grid-column: 1 / -1; }
  .check { grid-template-columns: minmax(0, 1fr); gap: .4rem; }
}
@page { size: A4; margin: 16mm 15mm 18mm; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .check, .card, .said-by, .row, footer { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;
