import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aDraft } from '../../tests/receiving/acceptor-stand.ts';
import { readSpoolHead, writeSpoolHead } from './spool-record.rules.ts';

const drafts = fc.record({
  teamId: fc.string(),
  type: fc.string(),
  contentType: fc.string(),
  blob: fc.option(fc.record({ key: fc.string(), sizeBytes: fc.nat() })),
  origin: fc.record({
    sourceId: fc.string(),
    externalId: fc.option(fc.string()),
    coverage: fc.constantFrom('body' as const, 'sender' as const, 'fields' as const),
    credential: fc.string(),
  }),
  idempotencyKey: fc.string(),
  keySeconds: fc.nat(),
  orderingKey: fc.option(fc.string()),
  occurredAtMs: fc.option(fc.integer()),
});

test('a head is read back as it was written, without body and payload', () => {
  fc.assert(
    fc.property(drafts, (given) => {
      const draft = aDraft('k', given);
      const { body: _body, payload: _payload, ...head } = draft;
      const text = writeSpoolHead(draft);
      expect(Object.keys(JSON.parse(text) as object)).not.toContain('body');
      expect(readSpoolHead(text)).toEqual(head);
    }),
  );
});

test('what another release left out of a head is nothing', () => {
  const { teamId, type, contentType, idempotencyKey, keySeconds, origin } = aDraft('k');
  const head = { teamId, type, contentType, idempotencyKey, keySeconds, origin };
  const nothing = { blob: null, requestHash: null, orderingKey: null, occurredAtMs: null, onlyEndpointId: null };
  expect(readSpoolHead(JSON.stringify(head))).toEqual({ ...head, ...nothing });
});

test('what is no head is null, whatever it is', () => {
  const whole = JSON.parse(writeSpoolHead(aDraft('k'))) as Record<string, unknown>;
  for (const field of ['teamId', 'type', 'contentType', 'idempotencyKey', 'keySeconds', 'origin']) {
    const { [field]: _gone, ...rest } = whole;
    expect(readSpoolHead(JSON.stringify(rest)), field).toBeNull();
    expect(readSpoolHead(JSON.stringify({ ...whole, [field]: true })), field).toBeNull();
  }
  expect(readSpoolHead(JSON.stringify({ ...whole, origin: null }))).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(readSpoolHead(text)).toBeNull();
    }),
  );
});
