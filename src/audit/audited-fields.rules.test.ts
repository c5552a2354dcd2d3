import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditedFields, describeChange } from './audited-fields.rules.ts';

const fields: AuditedFields = { name: 'shown', tags: 'shown', example: 'digest', url: 'url' };
const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe('what the audit log says of a change', () => {
  test('is what changed, and nothing else', () => {
    const before = { name: 'a', tags: ['x'], example: { b: 1 } };
    expect(describeChange(fields, before, { ...before, name: 'b' })).toEqual({
      before: { name: 'a' },
      after: { name: 'b' },
    });
    expect(describeChange(fields, before, { ...before, tags: ['x'] })).toEqual({ before: {}, after: {} });
  });

  test('is all of what appears or goes, but for what is not set', () => {
    expect(describeChange(fields, null, { name: 'a', tags: null })).toEqual({ before: null, after: { name: 'a' } });
    expect(describeChange(fields, { name: 'a' }, null)).toEqual({ before: { name: 'a' }, after: null });
    expect(describeChange(fields, null, null)).toEqual({ before: null, after: null });
  });

  test('shows a digest where a value is none of its business, so that it can be compared all the same', () => {
    const { after } = describeChange(fields, null, { example: { card: '4111' } });
    expect(after).toEqual({ exampleSha256: sha256({ card: '4111' }) });
  });

  test('shows where a URL leads, and masks what may be secret in it', () => {
    const url = 'https://user:pass@a.example:8443/hooks/1?token=s3cret&b=2#c';
    const { after } = describeChange(fields, null, { url });
    expect(after).toEqual({ url: 'https://***:***@a.example:8443/hooks/1?token=***&b=***', urlSha256: sha256(url) });
    const moved = describeChange(fields, { url }, { url: url.replace('s3cret', 'other') });
    expect(moved.before).toMatchObject({ url: (moved.after as { url: string }).url });
    expect((moved.before as { urlSha256: string }).urlSha256).not.toBe(
      (moved.after as { urlSha256: string }).urlSha256,
    );
  });

  test('never holds the value of a field that the list does not name, and says that it changed', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40 }).map((text) => `planted-${text}`);
    const name = fc.constantFrom('secret', 'headerValues', 'key', 'constructor', 'x');
    fc.assert(
      fc.property(name, secret, secret, (field, one, other) => {
        const values = [{ [field]: [one] }, { [field]: { deep: other } }, null];
        for (const before of values) {
          for (const after of values) {
            const said = JSON.stringify(describeChange(fields, before, after));
            expect(said).not.toContain('planted-');
            if (before !== after) expect(said).toContain('***');
          }
        }
      }),
    );
  });
});
