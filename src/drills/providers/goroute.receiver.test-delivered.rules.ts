import { failed, listed, notApplicable, passed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding, MeasuredValue } from '../../readiness/finding.ts';

export type TestKind = 'invoice' | 'credit-note';

/** A document as it was sent under an agreement, and what became of it. */
export type SentTest = {
  kind: TestKind;
  transaction: string;
  sentAtMs: number;
  /** `unseen`: the provider did not say. */
  end: 'delivered' | 'failed' | 'under-way' | 'unseen';
  /** Of its webhook, which came and verified, or as it was read; null until it ended. */
  endedAtMs: number | null;
  toldByWebhook: boolean;
};

export type TestDelivery =
  | { reached: 'not-concerned'; why: string }
  | { reached: 'undeclared'; what: string }
  | { reached: 'lookup'; status: number; registered: boolean | null }
  | { reached: 'validation'; kind: TestKind; answer: string; valid: boolean | null; broken: readonly string[] }
  | { reached: 'sending'; kind: TestKind; answer: string; refused: boolean }
  | {
      reached: 'sent';
      documents: readonly SentTest[];
      /** As a member declared it; null while the recipient has not said so. */
      receipt: { transactions: readonly string[]; byMember: boolean } | null;
      nowMs: number;
    };

const withinMs = 3_600_000;
const declareCommand = 'posthorn declarations set --file declarations.json';
const names: Readonly<Record<TestKind, string>> = { invoice: 'invoice', 'credit-note': 'credit note' };

export function judgeTestDelivery(facts: TestDelivery): Finding {
  switch (facts.reached) {
    case 'not-concerned':
      return notApplicable(facts.why);
    case 'undeclared':
      return unknown(facts.what, {}, declareCommand);
    case 'lookup': {
      const { status, registered } = facts;
      if (registered === false) return failed('The recipient is not found in the network.', { status });
      return unknown(`The lookup of the recipient did not say whether they are there (${status}).`, { status });
    }
    case 'validation': {
      const { kind, answer, valid, broken } = facts;
      if (valid === false) return failed(`The ${names[kind]} is not valid: ${listed(broken)}.`, { kind });
      return unknown(`Validating the ${names[kind]} was ${answer}; nothing was sent.`, { kind });
    }
    case 'sending': {
      const seen = `Sending the ${names[facts.kind]} was ${facts.answer}.`;
      return facts.refused ? failed(seen, { kind: facts.kind }) : unknown(seen, { kind: facts.kind });
    }
    case 'sent':
      return judgeSent(facts);
  }
}

function judgeSent({ documents, receipt, nowMs }: Extract<TestDelivery, { reached: 'sent' }>): Finding {
  const values: Record<string, MeasuredValue['value']> = {};
  for (const { kind, transaction, end, sentAtMs, endedAtMs, toldByWebhook } of documents) {
    const name = kind === 'invoice' ? 'invoice' : 'creditNote';
    values[`${name}Transaction`] = transaction;
    values[`${name}End`] = end;
    values[`${name}TookSeconds`] = endedAtMs === null ? null : Math.max(0, Math.round((endedAtMs - sentAtMs) / 1000));
    values[`${name}ToldByWebhook`] = toldByWebhook;
  }
  const faults = documents.flatMap((document) => faultOf(document, nowMs) ?? []);
  if (faults.length > 0) return failed(faults.join(' '), values);
  const open = documents.filter(({ end }) => end !== 'delivered');
  if (open.length > 0 || documents.length < 2) {
    const what = open.length > 0 ? open.map(({ kind }) => names[kind]).join(' and ') : 'credit note';
    return unknown(`The ${what} is not delivered yet: run this again, which sends nothing twice.`, values);
  }
  const ids = documents.map(({ transaction }) => transaction);
  const missing = ids.filter((id) => receipt?.transactions.includes(id) !== true);
  if (receipt === null || missing.length > 0) {
    const seen = `Both were delivered. Ask the recipient whether they came, declare their receipt of ${listed(ids)} (testRecipients), and run this again.`;
    return unknown(seen, values, declareCommand);
  }
  if (!receipt.byMember) {
    return unknown(
      'The receipt was declared by nobody in particular: let a member confirm it.',
      values,
      declareCommand,
    );
  }
  return passed(
    'A test invoice and its credit note were delivered, told by webhooks, and came as the recipient says.',
    values,
  );
}

function faultOf(
  { kind, transaction, sentAtMs, end, endedAtMs, toldByWebhook }: SentTest,
  nowMs: number,
): string | null {
  const what = `The ${names[kind]} (${transaction})`;
  if (end === 'failed') return `${what} ended as failed: it did not reach the recipient.`;
  if (end !== 'delivered') return nowMs - sentAtMs > withinMs ? `${what} is not delivered after an hour.` : null;
  if (endedAtMs !== null && endedAtMs - sentAtMs > withinMs) return `${what} took more than an hour.`;
  return toldByWebhook ? null : `${what} was delivered, and no webhook told of it.`;
}
