import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileAddressPolicy } from '../egress/address.rules.ts';
import type { CredentialKind } from '../providers/api-profile.ts';
import { allApiProfiles } from '../providers/api-registry.ts';
import { credentialFields } from './credential-kinds.rules.ts';
import { type GivenField, readFields } from './credential-fields.rules.ts';

const kinds = Object.keys(credentialFields) as CredentialKind[];
const names = [...new Set(kinds.flatMap((kind) => Object.keys(credentialFields[kind])))];
const policy = {
  requireHttps: true,
  addressPolicy: compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] }),
};

/** Long enough that no message holds it by chance. */
const mark = 'planted-0123456789';
const value = fc.tuple(fc.string(), fc.string({ unit: 'binary' })).map(([before, after]) => before + mark + after);
const name = fc.oneof(fc.constantFrom(...names), fc.constantFrom('__proto__', 'toString', 'tokn', ''));
const reference = fc.constantFrom<GivenField>({ fromEnv: mark }, { fromFile: `/${mark}` }, { fromCommand: [mark] }, {});

test('whatever is given, what is refused is not quoted, and what is taken is the fields of the kind', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.constantFrom(...allApiProfiles()),
      fc.dictionary(name, fc.oneof(value, reference)),
      (kind, profile, given) => {
        const place = { profile, environment: 'production', selfHosted: true, policy } as const;
        const read = readFields(kind, given, place, '/fields');
        expect(JSON.stringify([read.shape, read.values])).not.toContain(mark);
        for (const each of Object.keys(read.fields)) expect(Object.keys(credentialFields[kind])).toContain(each);
        for (const { pointer } of [...read.shape, ...read.values]) expect(pointer).toMatch(/^\/fields\//);
        if (read.shape.length + read.values.length > 0) return;
        for (const [each, { required }] of Object.entries(credentialFields[kind])) {
          if (required) expect(read.fields).toHaveProperty(each);
        }
      },
    ),
  );
});

test('each kind has one secret, which may stay where it is; where it is sent may not', () => {
  for (const kind of kinds) {
    const fields = Object.values(credentialFields[kind]);
    const secrets = fields.filter(({ secret }) => secret);
    expect(secrets, kind).toHaveLength(1);
    expect(secrets.every(({ mayRefer, required }) => mayRefer && required)).toBe(true);
  }
  for (const each of ['tokenUrl', 'authBaseUrl']) {
    expect(kinds.flatMap((kind) => credentialFields[kind][each]?.mayRefer ?? [])).toEqual([false]);
  }
});
