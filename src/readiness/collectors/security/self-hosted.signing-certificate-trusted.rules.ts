import type { Finding } from '../../finding.ts';
import { dayMs, failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { DocumentFact } from '../../instruments.ts';
import { lackOf, signedLast } from '../signed-pdf.rules.ts';

export type SealFacts =
  | { concerned: false; why: string }
  /** `document` null: none was archived yet. */
  | { concerned: true; document: (DocumentFact & { id: string }) | null };

const daysLeast = 30;
const command = 'posthorn archive show <document>; then give the signing service a certificate of a trusted authority';

/** The newest signed PDF is whole, and its seal is of a certificate that is trusted for some time yet. */
export function judgeSeal(facts: SealFacts, nowMs: number): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { document } = facts;
  if (document === null) {
    return unknown(
      'No signed PDF was archived through it yet.',
      {},
      'posthorn archive request <connection> <envelope>',
    );
  }
  const { id, state, signatures } = document;
  if (state === 'missing') return unknown(`The bytes of ${id} are missing.`, {}, 'posthorn archive jobs');
  if (state === 'damaged') return failed(`The bytes of ${id} are not those that were archived.`, {}, command);
  if (signatures === null) return unknown(`${id} is too large for its signatures to be read.`);
  const lack = lackOf(signatures);
  const values = { document: id, signatures: signatures.found.length };
  const certificate = signedLast(signatures)?.certificate ?? null;
  if (lack !== null || certificate === null) return failed(`${id} ${lack ?? 'is not signed'}.`, values, command);
  const { fault, fingerprint, validToMs } = certificate;
  const daysLeft = Math.floor((validToMs - nowMs) / dayMs);
  const measured = { ...values, certificateSha256: fingerprint, daysLeft };
  if (fault !== null) return failed(`${id} is sealed, and ${fault}.`, measured, command);
  if (validToMs < nowMs + daysLeast * dayMs) {
    return failed(
      `The certificate that sealed ${id} ends in ${daysLeft} days: less than ${daysLeast}.`,
      measured,
      command,
    );
  }
  return passed(`${id} is whole, and its seal is of a trusted certificate for ${daysLeft} days more.`, measured);
}
