import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ConnectionCredential } from '../connections/connection-config.ts';
import { nextCredential } from './choose-credential.rules.ts';

function credential(id: string, expiresAtMs: number | null): ConnectionCredential {
  return { id, name: id, kind: 'bearer', fields: {}, expiresAtMs };
}

it('the first that has not expired and was not refused is used, in the order of the list', () => {
  const list = [credential('a', 100), credential('b', null), credential('c', 300)];
  expect(nextCredential(list, 99)?.id).toBe('a');
  expect(nextCredential(list, 100)?.id).toBe('b');
  expect(nextCredential(list, 99, { except: new Set(['a', 'b']) })?.id).toBe('c');
  expect(nextCredential(list, 99, { after: 'b' })?.id).toBe('c');
  expect(nextCredential(list, 300, { after: 'b' })).toBeNull();
  expect(nextCredential([], 0)).toBeNull();
});

it('refusals one after another lead through all that are usable, each once', () => {
  const lists = fc.uniqueArray(fc.record({ id: fc.string(), expiresAtMs: fc.option(fc.nat(9)) }), {
    selector: ({ id }) => id,
    maxLength: 8,
  });
  fc.assert(
    fc.property(lists, fc.nat(9), (list, nowMs) => {
      const credentials = list.map(({ id, expiresAtMs }) => credential(id, expiresAtMs));
      const except = new Set<string>();
      for (let next = nextCredential(credentials, nowMs); next !== null; ) {
        expect(except.has(next.id)).toBe(false);
        except.add(next.id);
        next = nextCredential(credentials, nowMs, { except });
      }
      const usable = list.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
      expect([...except]).toEqual(usable.map(({ id }) => id));
    }),
  );
});
