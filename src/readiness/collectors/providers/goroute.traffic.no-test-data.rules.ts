import { isTestIdentifier } from '../../../declarations/identifier.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { leavesOf } from '../json-leaves.rules.ts';

/** Something that was made for tests: in which transaction or document, and what it is. */
type TestTrace = { subject: string; what: string };

export type TestDataFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      received: number;
      /** Bodies of sends on record, and sends without one. */
      sent: number;
      sentWithoutBody: number;
      traces: readonly TestTrace[];
      /** Transactions that are declared as tests at launch. */
      launchTests: readonly string[];
    };

/** Names, accounts and numbers of the example invoices that OpenPeppol publishes with BIS Billing 3. */
const samples = [
  'SupplierTradingName Ltd',
  'SupplierOfficialName Ltd',
  'BuyerTradingName AS',
  'Buyer Official Name',
  'IBAN32423940',
  'GB1232434',
];
const dateNames = /^(issue_?date|invoice_?date|document_?date|due_?date|tax_?point_?date)$/i;
const totalNames = /^(payable_?amount|total|total_?amount|grand_?total|invoice_?total|amount_?due)$/i;
const farDays = 366;

/** Nothing made for tests, but in transactions that are declared as tests at launch. */
export function judgeTestData(facts: TestDataFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { received, sent, sentWithoutBody, traces, launchTests } = facts;
  const marked = new Set(launchTests);
  const left = traces.filter(({ subject }) => !marked.has(subject));
  const values = { received, sent, sentWithoutBody, traces: left.length, inLaunchTests: traces.length - left.length };
  if (left.length > 0) {
    const seen = [...new Set(left.map(({ subject, what }) => `${what} (${subject.slice(0, 60)})`))];
    return failed(`Made for tests, and in production: ${listed(seen)}.`, values, 'posthorn calls list --since 7d');
  }
  if (received + sent === 0) return unknown('No body that was sent or received within 7 days is on record.', values);
  return passed(
    `${counted(received + sent, 'document or webhook', 'documents and webhooks')} hold nothing made for tests.`,
    values,
  );
}

/** What a body holds that was made for tests; JSON by its fields, XML and other texts by their words. */
export function testTracesOf(text: string, nowMs: number): string[] {
  const found = new Set<string>();
  for (const [, scheme = '', value = ''] of text.matchAll(/\b(\d{4}):([A-Za-z0-9-]{1,50})/g)) {
    if (isTestIdentifier({ scheme, value })) found.add(`the test receiver ${scheme}:${value}`);
  }
  for (const sample of samples) if (text.includes(sample)) found.add(`the published example ${sample}`);
  for (const { name, value } of fieldsOf(text)) {
    const days = dateNames.test(name) ? (Date.parse(value) - nowMs) / dayMs : Number.NaN;
    if (Math.abs(days) > farDays) found.add('a date more than a year off');
    if (totalNames.test(name) && value.trim() !== '' && Number(value) === 0) found.add('a total of zero');
  }
  return [...found];
}

function fieldsOf(text: string): { name: string; value: string }[] {
  try {
    return leavesOf(JSON.parse(text)).flatMap(({ name, value }) =>
      // A document inside of a document: its words count like those around it.
      typeof value === 'string' && value.includes('</') ? elementsOf(value) : [{ name, value: String(value) }],
    );
  } catch {
    return elementsOf(text);
  }
}

function elementsOf(text: string): { name: string; value: string }[] {
  const elements = text.matchAll(/<(?:[A-Za-z0-9]+:)?([A-Za-z]+)(?:\s[^<>]*)?>([^<>]{1,40})<\//g);
  return Array.from(elements, ([, name = '', value = '']) => ({ name, value }));
}
