import { html } from '../../html.rules.ts';
import type { CertificateParts, Manifest } from './certificate.rules.ts';
import { certificateStyle } from './certificate-style.rules.ts';
import { renderChecks, renderTranscripts } from './page-checks.rules.ts';
import { namesOf, renderAttestations, renderSignOffs, renderWaivers } from './page-people.rules.ts';
import { renderProgress } from './page-progress.rules.ts';
import { shownTime } from './reading-words.rules.ts';

/** What is known of a certificate before its parts are hashed. */
export type CertificateHead = Omit<Manifest, 'parts'>;

/** One page to read and to print: no script, nothing from elsewhere, everything that people wrote escaped. */
export function renderPage(parts: CertificateParts, head: CertificateHead): string {
  const { review, audit } = parts;
  const { passed, because } = review.verdict;
  const nameOf = namesOf(parts.people);
  const [auditHead] = audit.heads;
  const title = `${review.name}: certificate of a review`;
  const answers = Object.entries(review.answers);
  const { sources, endpoints, connections } = review.integration;
  const integration = [...sources, ...endpoints, ...connections];
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${{ html: certificateStyle }}</style></head>
<body><main><header><p class="brand">Posthorn, certificate of a go-live review</p><h1>${review.name}</h1>
<p class="verdict ${passed ? 'passed' : 'open'}">${passed ? 'Passed' : 'Not passed'}</p>
${because.length === 0 ? '' : html`<ul class="missing">${because.map((line) => html`<li>${line}</li>`)}</ul>`}
<dl><dt>Team</dt><dd>${review.teamName} <span class="soft">${review.teamId}</span></dd>
<dt>Review</dt><dd><code>${review.id}</code></dd>
<dt>As of</dt><dd>${shownTime(head.at)}</dd>
<dt>Checklists</dt><dd>${review.checklists.join(', ')}</dd>
<dt>About</dt><dd>${integration.length === 0 ? 'the gateway and the team' : html`<code>${integration.join(', ')}</code>`}</dd>
<dt>Environment</dt><dd>${head.environment}, release ${head.release}</dd>
<dt>Evidence</dt><dd><code class="hash">${head.evidenceHash}</code></dd></dl></header>
${renderProgress(review.sections)}
${renderSignOffs(parts, nameOf)}
${renderWaivers(parts, nameOf, head.at)}
${renderAttestations(parts, nameOf)}
${
  answers.length === 0
    ? ''
    : html`<section id="scope"><h2>Answers that set the scope</h2><dl>${answers.map(
        ([question, answer]) => html`<dt>${question}</dt><dd>${shownAnswer(answer)}</dd>`,
      )}</dl></section>`
}
${renderChecks(parts)}
${renderTranscripts(parts)}
<footer><h2>How to verify this</h2>
<p>This page is a part of a signed certificate, and proves nothing by itself. Somebody with the certificate verifies it anywhere:</p>
<pre>posthorn review verify certificate.json --key &lt;public key, or its fingerprint&gt;</pre>
<p>Signed by the key <code>${head.key}</code>, which the gateway publishes; keep what it publishes elsewhere.${
    auditHead === undefined
      ? ''
      : html` The team’s audit log ended then at entry ${auditHead.sequence}, <code class="hash">${auditHead.hash}</code>.`
  }</p></footer></main></body></html>
`;
  return page.html;
}

function shownAnswer(answer: boolean | number | string | readonly string[]): string {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  if (typeof answer === 'object') return answer.join(', ') || 'none';
  return String(answer);
}
