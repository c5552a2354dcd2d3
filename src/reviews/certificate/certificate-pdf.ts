import type { CheckState } from '../../readiness/finding.ts';
import type { CertificateParts, CertifiedCheck } from './certificate.rules.ts';
import type { CertificateHead } from './certificate-page.rules.ts';
import { namesOf } from './page-people.rules.ts';
import { openSheet, type PdfSheet, softInk } from './pdf-sheet.ts';
import { capitalised, isOpen, seenForAll, shownTime, stateLooks, statesInOrder } from './reading-words.rules.ts';

const code = { font: 'code', size: 7, colour: softInk } as const;
// Without the ligatures that the other fonts write `ff` with.
const ids = { font: 'code', size: 8 } as const;
const soft = { size: 8, colour: softInk } as const;

/** What is drawn: everything but transcripts. */
export type DrawnParts = Omit<CertificateParts, 'transcripts'>;

/** What the page says, for whoever files paper. It takes a second of computing: see draw-apart.ts. */
export async function drawPdf(parts: DrawnParts, head: CertificateHead): Promise<Buffer> {
  const { review } = parts;
  const sheet = await openSheet({ title: `${review.name}: certificate of a review`, at: head.at });
  drawHead(sheet, parts, head);
  drawProgress(sheet, parts);
  drawPeople(sheet, parts);
  sheet.heading('Checks', 2);
  for (const { section } of review.sections) {
    sheet.heading(capitalised(section), 3);
    for (const check of parts.checks.filter((each) => each.section === section)) {
      drawCheck(sheet, check);
    }
  }
  drawEnd(sheet, parts, head);
  return sheet.end(`Posthorn review ${review.id}   evidence ${head.evidenceHash.slice(0, 16)}`);
}

function drawHead(sheet: PdfSheet, { review }: DrawnParts, head: CertificateHead): void {
  sheet.paragraph('Posthorn, certificate of a go-live review', soft);
  sheet.heading(review.name, 1);
  const { passed, because } = review.verdict;
  sheet.paragraph(passed ? 'Passed' : 'Not passed', {
    font: 'bold',
    size: 14,
    colour: passed ? '#1f7a4d' : '#b3261e',
  });
  for (const line of because) sheet.paragraph(`– ${line}`);
  sheet.gap(8);
  sheet.field('Team', review.teamName);
  sheet.field('Team id', review.teamId, ids);
  sheet.field('Review', review.id, ids);
  sheet.field('As of', shownTime(head.at));
  sheet.field('Checklists', review.checklists.join(', '));
  const { sources, endpoints, connections } = review.integration;
  sheet.field('About', [...sources, ...endpoints, ...connections].join(', ') || 'the gateway and the team', ids);
  sheet.field('Environment', `${head.environment}, release ${head.release}`);
  sheet.field('Evidence', head.evidenceHash, ids);
}

function drawProgress(sheet: PdfSheet, { review, checks }: DrawnParts): void {
  sheet.heading('Progress', 2);
  const counted = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  const present = statesInOrder.filter((state) => counted(state) > 0);
  const share = (count: number, total: number) => (total === 0 ? 0 : count / total);
  sheet.bar(
    'All checks',
    present.map((state) => ({ share: share(counted(state), checks.length), colour: stateLooks[state].colour })),
    String(checks.length),
  );
  sheet.legend(
    present.map((state) => ({ text: `${counted(state)} ${stateLooks[state].name}`, colour: stateLooks[state].colour })),
  );
  sheet.gap(4);
  for (const section of review.sections) {
    const parts = statesInOrder.map((state) => ({
      share: share(section[state], section.total),
      colour: stateLooks[state].colour,
    }));
    const concerned = section.total - section['not-applicable'];
    const sum = concerned === 0 ? 'none applies' : `${section.passed + section.attested} of ${concerned} hold`;
    sheet.bar(capitalised(section.section), parts, sum);
  }
}

function drawPeople(sheet: PdfSheet, { review, signOffs, waivers, attestations, people }: DrawnParts): void {
  const nameOf = namesOf(people);
  sheet.heading('Signed by', 2);
  if (review.requiredDuties.length === 0) sheet.paragraph('No signatures are asked for.');
  for (const duty of review.requiredDuties) {
    const given = signOffs.filter((signOff) => signOff.duty === duty && signOff.fallenBecause === null);
    const names = given.map(({ memberId, signedAtMs }) => `${nameOf(memberId)}, ${shownTime(signedAtMs)}`);
    sheet.field(capitalised(duty), review.missingDuties.includes(duty) ? 'nobody has signed' : names.join('\n'));
  }
  if (waivers.length > 0) sheet.heading('Waivers', 2);
  for (const waiver of waivers) {
    sheet.heading(waiver.checkId, 3);
    sheet.field('Why it can wait', waiver.reason);
    sheet.field('In its place', waiver.control);
    sheet.field('Until', shownTime(waiver.expiresAtMs));
    sheet.field('Asked for by', `${nameOf(waiver.requestedBy)}; mended by ${nameOf(waiver.owner)}`);
    const { approval, endedAtMs } = waiver;
    sheet.field('Approved by', approval === null ? 'nobody' : `${nameOf(approval.by)}, ${shownTime(approval.atMs)}`);
    if (endedAtMs !== null) sheet.field('Ended', shownTime(endedAtMs));
  }
  if (attestations.length > 0) sheet.heading('Attested', 2);
  for (const { checkId, author, attestedAtMs, expiresAtMs, review: confirmed, proofs } of attestations) {
    sheet.heading(checkId, 3);
    sheet.field('By', `${nameOf(author)}, ${shownTime(attestedAtMs)}, good until ${shownTime(expiresAtMs)}`);
    if (confirmed !== null) sheet.field('Confirmed by', `${nameOf(confirmed.by)}, ${shownTime(confirmed.atMs)}`);
    const rests = proofs.map((proof) => {
      if (proof.kind === 'text') return proof.text;
      return `${proof.kind === 'link' ? proof.url : proof.name}${proof.sha256 === null ? '' : `\n${proof.sha256}`}`;
    });
    sheet.field('It rests on', rests.join('\n'));
  }
}

function drawCheck(sheet: PdfSheet, check: CertifiedCheck): void {
  const { checkId, title, state, severity, subject, evidence, because, basis, remedy } = check;
  const { name, colour } = stateLooks[state];
  const about = subject.kind === subject.id ? subject.kind : `${subject.kind} ${subject.name}`;
  sheet.labelled({ text: name, colour, dark: state === 'not-applicable' }, () => {
    sheet.paragraph(title, { font: 'bold' });
    sheet.paragraph(`${checkId}, ${severity}, ${about}`, soft);
    const seen = seenForAll(evidence);
    if (seen !== null && seen !== because) sheet.paragraph(seen);
    if (because !== null) sheet.paragraph(because);
    if (isOpen(state)) sheet.paragraph(`→ ${remedy}`);
    if (basis !== null) sheet.paragraph(`On the word of a person: ${basis}`, soft);
    if (evidence !== null) sheet.paragraph(`${shownTime(evidence.measuredAtMs)}  ${evidence.hash}`, code);
  });
}

function drawEnd(sheet: PdfSheet, { audit }: DrawnParts, head: CertificateHead): void {
  const [last] = audit.heads;
  sheet.heading('How to verify this', 2);
  sheet.paragraph(
    'This document is a part of a signed certificate, and proves nothing by itself. Somebody with the certificate verifies it anywhere:',
  );
  sheet.paragraph('posthorn review verify certificate.json --key <public key, or its fingerprint>', {
    font: 'code',
    size: 8,
  });
  sheet.paragraph(`Signed by the key ${head.key}, which the gateway publishes.`);
  if (last !== undefined)
    sheet.paragraph(`The team’s audit log ended then at entry ${last.sequence}, ${last.hash}.`, soft);
}
