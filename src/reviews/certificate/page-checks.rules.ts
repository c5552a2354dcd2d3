import { type Html, html } from '../../html.rules.ts';
import type { CertificateParts, CertifiedCheck, CertifiedTranscript } from './certificate.rules.ts';
import { capitalised, isOpen, seenForAll, shownTime, stateLooks } from './reading-words.rules.ts';

/** Every check, by section, with what was seen and what it stands on. */
export function renderChecks({ checks, review }: CertificateParts): Html {
  return html`<section id="checks"><h2>Checks</h2>${review.sections.map(
    ({ section }) =>
      html`<h3 class="group">${capitalised(section)}</h3>${checks
        .filter((check) => check.section === section)
        .map(renderCheck)}`,
  )}</section>`;
}

function renderCheck(check: CertifiedCheck): Html {
  const { checkId, title, state, severity, subject, evidence, because, basis, remedy } = check;
  const { name, colour } = stateLooks[state];
  const about = subject.kind === subject.id ? subject.kind : `${subject.kind} ${subject.name}`;
  const seen = seenForAll(evidence);
  const lines = [seen === null || seen === because ? null : seen, because].filter((line) => line !== null);
  return html`<article class="check"><p class="state"><span class="badge ${state}" style="--state: ${colour}">${name}</span></p>
<div><h4>${title}</h4><p class="soft"><code>${checkId}</code> · ${severity} · ${about}</p>
${lines.map((line) => html`<p>${line}</p>`)}${isOpen(state) ? html`<p class="remedy">${remedy}</p>` : ''}
${basis === null ? '' : html`<p class="soft">On the word of a person: <code>${basis}</code></p>`}${
  evidence === null
    ? ''
    : html`<p class="soft">Measured ${shownTime(evidence.measuredAtMs)}, good until ${shownTime(evidence.expiresAtMs)}.
<br>Evidence <code class="hash">${evidence.hash}</code></p>`
}</div></article>`;
}

const mostSteps = 60;

/** What drills did, folded up; the certificate itself holds every step. */
export function renderTranscripts({ transcripts }: CertificateParts): Html | '' {
  if (transcripts.length === 0) return '';
  return html`<section id="drills"><h2>Drills</h2>${transcripts.map(renderTranscript)}</section>`;
}

function renderTranscript({ id, checkId, transcript, transcriptHash, startedAtMs }: CertifiedTranscript): Html {
  const rest = transcript.length - mostSteps;
  return html`<details><summary><code>${checkId}</code> ${transcript.length} steps</summary>
<p class="soft">Run <code>${id}</code>${startedAtMs === null ? '' : `, ${shownTime(startedAtMs)}`}.
<br>Transcript <code class="hash">${transcriptHash}</code></p>
<ol>${transcript
    .slice(0, mostSteps)
    .map(
      ({ says, values }) =>
        html`<li>${says}${
          values.length === 0
            ? ''
            : html` <span class="soft">${values.map(({ name, value }) => `${name}: ${String(value)}`).join(', ')}</span>`
        }</li>`,
    )}</ol>${rest > 0 ? html`<p class="soft">And ${rest} more.</p>` : ''}</details>`;
}
