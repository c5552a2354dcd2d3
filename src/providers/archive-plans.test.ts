import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileName, pathId } from './archive-names.rules.ts';
import type { CompletionEvent } from './archive-plan.ts';
import { findArchivePlan } from './archive-plans.ts';
import { findProfile } from './registry.ts';

const plan = (provider: string) => {
  const found = findArchivePlan(provider);
  if (found === null) throw new Error(`no plan for ${provider}`);
  return found;
};
const providers = ['documenso', 'docusign', 'goroute'];
const event = (type: string, subject: string, body?: unknown): CompletionEvent => ({ type, subject, body });

describe('the plan of Documenso', () => {
  const documenso = plan('documenso');
  const completed = event('DOCUMENT_COMPLETED', 'envelope_abc', { payload: { envelopeId: 'envelope_abc' } });
  const items = (...titles: string[]) => ({
    status: 'COMPLETED',
    envelopeItems: titles.map((title, index) => ({ id: `envelope_item_${index + 1}`, title })),
  });

  test('asks for the envelope, then for every signed item, the certificate and the audit log', () => {
    expect(documenso.statusOf(completed, {})).toEqual({ path: '/api/v2/envelope/envelope_abc' });
    const documents = documenso.documentsOf(completed, items('Lease.pdf'), {});
    expect(documents.map(({ kind, name, path, optional }) => [kind, name, path, optional])).toEqual([
      ['signed', 'Lease.pdf', '/api/v2/envelope/item/envelope_item_1/download?version=signed', false],
      ['certificate', 'certificate.pdf', '/api/v2/envelope/envelope_abc/certificate/download', true],
      ['audit-log', 'audit-log.pdf', '/api/v2/envelope/envelope_abc/audit-log/download', true],
    ]);
  });

  test('takes nothing but COMPLETED for completed: a pending envelope answers its download, too', () => {
    expect(documenso.isCompleted({ status: 'COMPLETED' })).toBe(true);
    for (const status of ['PENDING', 'DRAFT', 'REJECTED', 'CANCELLED', 'completed', '']) {
      expect(documenso.isCompleted({ status })).toBe(false);
    }
    expect(documenso.isCompleted('COMPLETED')).toBe(false);
  });

  test('tells items of one title apart', () => {
    const names = documenso.documentsOf(completed, items('Lease', 'Lease', 'Annex'), {}).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('leads nowhere for events of versions that name no envelope', () => {
    const old = event('DOCUMENT_COMPLETED', 'document:12', { payload: { id: 12 } });
    expect(documenso.statusOf(old, {})).toBeNull();
    expect(documenso.documentsOf(old, undefined, {})).toEqual([]);
  });
});

describe('the plan of DocuSign', () => {
  const docusign = plan('docusign');
  const body = { data: { accountId: 'acc-1', envelopeId: 'env-1' } };

  test('asks the account that the event names for the envelope, its documents in one and its certificate', () => {
    const completed = event('envelope-completed', 'env-1', body);
    const path = '/v2.1/accounts/acc-1/envelopes/env-1';
    // The event says that it is completed; another look at the envelope would count against the application's.
    expect(docusign.statusOf(completed, { accountId: 'acc-2' })).toBeNull();
    expect(docusign.documentsOf(completed, {}, {}).map((each) => [each.kind, each.path])).toEqual([
      ['signed', `${path}/documents/combined`],
      ['certificate', `${path}/documents/certificate`],
    ]);
    expect(docusign.isCompleted({ status: 'completed' })).toBe(true);
    expect(docusign.isCompleted({ status: 'sent' })).toBe(false);
  });

  test('without an event takes the account of the connection, and leads nowhere when there is none', () => {
    const asked = event('envelope-completed', 'env-1');
    expect(docusign.statusOf(asked, { accountId: 'acc-2' })?.path).toContain('/accounts/acc-2/envelopes/env-1');
    expect(docusign.statusOf(asked, { accountId: '' })).toBeNull();
    expect(docusign.documentsOf(asked, {}, {})).toEqual([]);
  });
});

describe('the plan of GoRoute', () => {
  const goroute = plan('goroute');

  test('downloads a received document, which has no status', () => {
    const arrived = event('document.received', 'tx_1', { data: { transaction_id: 'tx_1', document_id: 'doc_1' } });
    expect(goroute.statusOf(arrived, {})).toBeNull();
    expect(goroute.documentsOf(arrived, undefined, {}).map(({ kind, path }) => [kind, path])).toEqual([
      ['document', '/api/v1/documents/doc_1/download'],
    ]);
  });

  test('keeps the record of a delivered transaction, and the document where one is named', () => {
    const delivered = event('transaction.delivered', 'tx_1', { data: { transaction_id: 'tx_1' } });
    expect(goroute.statusOf(delivered, {})).toEqual({ path: '/api/v1/transactions/tx_1' });
    expect(goroute.isCompleted({ status: 'delivered' })).toBe(true);
    expect(goroute.isCompleted({ status: 'sending' })).toBe(false);
    expect(goroute.documentsOf(delivered, { status: 'delivered' }, {}).map(({ kind }) => kind)).toEqual(['audit-log']);
    const named = goroute.documentsOf(delivered, { status: 'delivered', document_id: 'doc_1' }, {});
    expect(named.map(({ kind }) => kind)).toEqual(['document', 'audit-log']);
  });
});

describe('every plan', () => {
  test.each(providers)('%s: is of a provider with webhooks, whose event types it names', (provider) => {
    const types = findProfile(provider)?.eventTypes.map(({ name }) => name);
    for (const type of plan(provider).completionEvents) expect(types).toContain(type);
  });

  test.each(providers)('%s: never throws, and never leaves its paths, whatever comes', (provider) => {
    const { completionEvents, statusOf, isCompleted, documentsOf } = plan(provider);
    const odd = fc.oneof(fc.constantFrom('../..', 'a/b', 'a?b=c', '%2e%2e', '', '.', 'ok_1'), fc.string());
    const ids = fc.record({ envelopeId: odd, accountId: odd, document_id: odd, transaction_id: odd, id: odd });
    const bodies = fc.oneof(fc.anything(), fc.record({ data: ids, payload: ids }));
    const item = fc.record({ id: odd, title: fc.oneof(odd, fc.anything()) });
    const statuses = fc.oneof(fc.anything(), fc.record({ envelopeItems: fc.array(item), document_id: odd }));
    fc.assert(
      fc.property(fc.constantFrom(...completionEvents), odd, bodies, statuses, (type, subject, body, status) => {
        const completion = { type, subject, body };
        isCompleted(status);
        const paths = documentsOf(completion, status, { accountId: subject }).map(({ path }) => path);
        for (const path of [...paths, statusOf(completion, { accountId: subject })?.path ?? '/']) {
          expect(path).toMatch(/^\/[A-Za-z0-9_./-]*(\?version=signed)?$/);
          expect(new URL(path, 'http://provider').pathname).toBe(path.split('?')[0]);
        }
      }),
    );
  });

  test('there is none for a provider without documents', () => {
    expect(findArchivePlan('stripe')).toBeNull();
  });
});

test('names of files hold nothing that leads out of a folder or breaks a header', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('..', '../../x', 'a"\r\nb', '.pdf')),
      (title) => {
        const name = fileName(title, 'fallback', '.pdf');
        expect(name).toMatch(/^[^\p{Cc}/\\:*?"<>|.\s][^\p{Cc}/\\:*?"<>|]*\.pdf$/u);
        expect(Array.from(name).length).toBeLessThanOrEqual(104);
      },
    ),
  );
  expect(fileName('Vertrag über Äpfel.PDF', 'x', '.pdf')).toBe('Vertrag über Äpfel.pdf');
  expect(pathId('..')).toBeNull();
});
