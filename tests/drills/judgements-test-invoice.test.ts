import { expect, test } from 'vitest';
import {
  judgeTestDelivery,
  type SentTest,
  type TestDelivery,
} from '../../src/drills/providers/goroute.receiver.test-delivered.rules.ts';
import { ublDocument } from '../../src/drills/providers/ubl-document.rules.ts';
import { brokenRules, readInvoice } from '../../src/simulation/api/goroute/ubl.rules.ts';

const nowMs = Date.UTC(2026, 2, 31, 12);
const invoice: SentTest = {
  kind: 'invoice',
  transaction: 'tx_1',
  sentAtMs: nowMs - 120_000,
  end: 'delivered',
  endedAtMs: nowMs - 60_000,
  toldByWebhook: true,
};
const creditNote: SentTest = { ...invoice, kind: 'credit-note', transaction: 'tx_2' };
const receipt = { transactions: ['tx_1', 'tx_2'], byMember: true };
const sent = (
  documents: readonly SentTest[],
  said: { transactions: readonly string[]; byMember: boolean } | null = receipt,
): TestDelivery => ({ reached: 'sent', documents, receipt: said, nowMs });
const open = { ...invoice, end: 'under-way' as const, endedAtMs: null, toldByWebhook: false };
const hourAgoMs = nowMs - 3_600_001;

test.each<[string, TestDelivery, string, RegExp]>([
  ['all is well', sent([invoice, creditNote]), 'passed', /came as the recipient says/],
  ['the recipient has not said so', sent([invoice, creditNote], null), 'unknown', /receipt of tx_1 and tx_2/],
  ['they said so of one', sent([invoice, creditNote], { ...receipt, transactions: ['tx_1'] }), 'unknown', /receipt of/],
  ['no member declared it', sent([invoice, creditNote], { ...receipt, byMember: false }), 'unknown', /let a member/],
  ['the invoice was rejected', sent([{ ...invoice, end: 'failed' }]), 'failed', /invoice \(tx_1\) ended as failed/],
  [
    'the credit note was rejected',
    sent([invoice, { ...creditNote, end: 'failed' }]),
    'failed',
    /credit note \(tx_2\) ended/,
  ],
  ['no webhook told of it', sent([invoice, { ...creditNote, toldByWebhook: false }]), 'failed', /no webhook/],
  ['the invoice is under way', sent([open]), 'unknown', /sends nothing twice/],
  ['nobody says what became of it', sent([{ ...open, end: 'unseen' }]), 'unknown', /not delivered yet/],
  ['it is under way for an hour', sent([{ ...open, sentAtMs: hourAgoMs }]), 'failed', /not delivered after an hour/],
  [
    'it took longer than an hour',
    sent([{ ...invoice, sentAtMs: hourAgoMs - 60_000 }, creditNote]),
    'failed',
    /more than an hour/,
  ],
  ['no credit note was sent', sent([invoice]), 'unknown', /credit note is not delivered yet/],
  ['nothing is there', sent([]), 'unknown', /not delivered yet/],
  ['it is not declared', { reached: 'undeclared', what: 'It is not declared.' }, 'unknown', /not declared/],
  ['it is another connection', { reached: 'not-concerned', why: 'It is a sandbox.' }, 'not-applicable', /sandbox/],
  ['the recipient is not there', { reached: 'lookup', status: 200, registered: false }, 'failed', /not found/],
  ['the lookup is not answered', { reached: 'lookup', status: 503, registered: null }, 'unknown', /\(503\)/],
  [
    'the invoice is not valid',
    { reached: 'validation', kind: 'invoice', answer: 'answered 200', valid: false, broken: ['BR-02'] },
    'failed',
    /BR-02/,
  ],
  [
    'nobody validates it',
    { reached: 'validation', kind: 'invoice', answer: 'not answered', valid: null, broken: [] },
    'unknown',
    /nothing was sent/,
  ],
  [
    'sending is refused',
    { reached: 'sending', kind: 'invoice', answer: 'answered 403', refused: true },
    'failed',
    /403/,
  ],
  [
    'sending breaks off',
    { reached: 'sending', kind: 'invoice', answer: 'not answered', refused: false },
    'unknown',
    /not answered/,
  ],
])('a test invoice: %s', (_what, facts, state, says) => {
  const finding = judgeTestDelivery(facts);
  expect(finding.state, finding.seen).toBe(state);
  expect(finding.seen).toMatch(says);
});

test('the documents name both parties and escape what would be markup', () => {
  const supplier = { scheme: '0192', value: '974760673', name: 'Ex & <Sons> AS', country: 'NO' };
  const customer = { scheme: '0088', value: '7300010000001', name: 'Recipient AB', country: 'SE' };
  const about = { number: 'T-1', issuedOn: '2026-03-31', supplier, customer, text: 'A test' };
  const xml = ublDocument({ kind: 'invoice', ...about });
  const read = readInvoice(Buffer.from(xml), 'application/xml');
  expect(read).toMatchObject({ number: 'T-1', sender: '0192:974760673', receiver: '0088:7300010000001' });
  expect(brokenRules(read)).toEqual([]);
  expect(xml).toContain('<cbc:RegistrationName>Ex &amp; &lt;Sons&gt; AS</cbc:RegistrationName>');
  const back = ublDocument({ kind: 'credit-note', ...about, number: 'T-2', corrects: 'T-1' });
  expect(brokenRules(readInvoice(Buffer.from(back), 'application/xml'))).toEqual([]);
  expect(back).toContain('<cac:InvoiceDocumentReference><cbc:ID>T-1</cbc:ID>');
  expect(back.match(/currencyID="EUR">1\.00</g)).toHaveLength(7);
});
