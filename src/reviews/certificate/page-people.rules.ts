import { type Html, html } from '../../html.rules.ts';
import type { Proof } from '../people/attestation.rules.ts';
import type { CertificateParts, CertifiedPerson } from './certificate.rules.ts';
import { capitalised, shownTime } from './reading-words.rules.ts';

/** The name of a member by id. */
export type NameOf = (memberId: string) => string;

export function namesOf(people: readonly CertifiedPerson[]): NameOf {
  const names = new Map(people.map(({ id, name }) => [id, name]));
  return (memberId) => names.get(memberId) ?? memberId;
}

/** Who signed for each duty, and signatures that do not count any more. */
export function renderSignOffs({ review, signOffs }: CertificateParts, nameOf: NameOf): Html {
  const standing = signOffs.filter(({ fallenBecause }) => fallenBecause === null);
  const fallen = signOffs.filter(({ fallenBecause }) => fallenBecause !== null);
  const cards = review.requiredDuties.map((duty) => {
    const given = review.missingDuties.includes(duty) ? [] : standing.filter((signOff) => signOff.duty === duty);
    if (given.length === 0) {
      return html`<li class="card open"><h3>${capitalised(duty)}</h3><p>Nobody has signed.</p></li>`;
    }
    return html`<li class="card"><h3>${capitalised(duty)}</h3>${given.map(
      ({ memberId, signedAtMs, remark }) =>
        html`<p><b>${nameOf(memberId)}</b><br>${shownTime(signedAtMs)}</p>${
          remark === null ? '' : html`<p class="said">${remark}</p>`
        }`,
    )}</li>`;
  });
  return html`<section id="signed"><h2>Signed by</h2>${
    cards.length === 0 ? html`<p>No signatures are asked for.</p>` : html`<ul class="cards">${cards}</ul>`
  }${
    fallen.length === 0
      ? ''
      : html`<h3>Signatures that do not count any more</h3><ul class="plain">${fallen.map(
          ({ duty, memberId, signedAtMs, fallenBecause }) =>
            html`<li>${nameOf(memberId)} for ${duty}, ${shownTime(signedAtMs)}: ${fallenBecause ?? ''}</li>`,
        )}</ul>`
  }</section>`;
}

/** What is let pass, and by whose leave. Those that ended or wait are named too. */
export function renderWaivers({ waivers, checks }: CertificateParts, nameOf: NameOf, at: string): Html | '' {
  if (waivers.length === 0) return '';
  const inForce = new Set(checks.filter(({ state }) => state === 'waived').map(({ basis }) => basis));
  const status = (waiver: (typeof waivers)[number]): string => {
    if (inForce.has(waiver.id)) return 'in force';
    if (waiver.endedAtMs !== null) return 'refused or taken back';
    if (waiver.expiresAtMs <= Date.parse(at)) return 'over';
    return waiver.approval === null ? 'waits for approval' : 'not needed';
  };
  return html`<section id="waivers"><h2>Waivers</h2>${waivers.map(
    (
      waiver,
    ) => html`<article class="said-by"><h3><code>${waiver.checkId}</code> <span class="soft">${status(waiver)}</span></h3>
<dl><dt>Why it can wait</dt><dd>${waiver.reason}</dd><dt>In its place</dt><dd>${waiver.control}</dd>
<dt>Until</dt><dd>${shownTime(waiver.expiresAtMs)}</dd><dt>Mended by</dt><dd>${nameOf(waiver.owner)}</dd>
<dt>Asked for by</dt><dd>${nameOf(waiver.requestedBy)}, ${shownTime(waiver.requestedAtMs)}</dd>
<dt>Approved by</dt><dd>${
      waiver.approval === null ? 'nobody' : `${nameOf(waiver.approval.by)}, ${shownTime(waiver.approval.atMs)}`
    }</dd></dl></article>`,
  )}</section>`;
}

/** What members attested, and what that rests on. */
export function renderAttestations({ attestations }: CertificateParts, nameOf: NameOf): Html | '' {
  if (attestations.length === 0) return '';
  return html`<section id="attested"><h2>Attested</h2>${attestations.map(
    ({
      checkId,
      author,
      review,
      attestedAtMs,
      expiresAtMs,
      proofs,
      note,
    }) => html`<article class="said-by"><h3><code>${checkId}</code></h3>
<dl><dt>By</dt><dd>${nameOf(author)}, ${shownTime(attestedAtMs)}</dd>
<dt>Confirmed by</dt><dd>${review === null ? 'nobody' : `${nameOf(review.by)}, ${shownTime(review.atMs)}`}</dd>
<dt>Good until</dt><dd>${shownTime(expiresAtMs)}</dd>
<dt>It rests on</dt><dd>${proofs.map(renderProof)}</dd>${note === null ? '' : html`<dt>Note</dt><dd>${note}</dd>`}</dl></article>`,
  )}</section>`;
}

function renderProof(proof: Proof): Html {
  if (proof.kind === 'text') return html`<p class="said">${proof.text}</p>`;
  const hash = proof.sha256 === null ? '' : html`<br><code class="hash">${proof.sha256}</code>`;
  return html`<p>${proof.kind === 'link' ? proof.url : `File “${proof.name}”`}${hash}</p>`;
}
