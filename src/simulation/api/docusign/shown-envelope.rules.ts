import { type DocusignAccount, envelopeSummary } from '../../docusign/envelope.rules.ts';
import { type Loose, objectAt, objectsAt } from '../read-json.rules.ts';
import type { StoredEnvelope } from './docusign-state.rules.ts';

/**
 * An envelope as it is answered, with what it was asked for beyond a plain one.
 * @param include of the query: `recipients`, `documents` and `tabs` are left out unless they are named
 */
export function showEnvelope(envelope: StoredEnvelope, account: DocusignAccount, include: string): object {
  const included = include.split(',');
  const summary = envelopeSummary(envelope, account, null) as Loose;
  const recipients = objectAt(summary, 'recipients');
  const signers = objectsAt(recipients, 'signers').map((signer, index) => {
    const { tabs, ...asked } = envelope.asked.recipients[index] ?? {};
    return { ...signer, ...asked, ...(tabs !== undefined && included.includes('tabs') ? { tabs } : {}) };
  });
  const left = ['recipients', 'documents'].filter((name) => !included.includes(name));
  const hidden = left.map((name) => (name === 'documents' ? 'envelopeDocuments' : name));
  const shown = { ...summary, ...envelope.asked.envelope, recipients: { ...recipients, signers } };
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !hidden.includes(name)));
}
