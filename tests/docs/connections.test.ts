import { expect, test } from 'vitest';
import { credentialFields } from '../../src/connections/credential-kinds.rules.ts';
import { policyDefaults } from '../../src/connections/policy.ts';
import { PolicyChangeBody } from '../../src/connections/policy-schema.ts';
import { pageAt, tableRows } from './pages.ts';

const page = pageAt('docs/connections.md');

type Schema = { anyOf?: Schema[]; properties?: Record<string, Schema>; minimum?: number; maximum?: number };

/** The bounds of a value, as the API holds to them. */
function boundsOf(part: string, name: string): string {
  const schemas = PolicyChangeBody as unknown as Schema;
  const values = schemas.properties?.[part]?.anyOf?.[0]?.properties ?? {};
  const { minimum, maximum } = values[name]?.anyOf?.find((each) => each.minimum !== undefined) ?? {};
  return minimum === undefined ? '' : `${minimum}, ${maximum}`;
}

test('docs/connections.md has every value of the policy with its default and its bounds', () => {
  const real = Object.entries(policyDefaults).flatMap(([part, values]) =>
    Object.entries(values as Record<string, unknown>).map(([name, value]) => [
      `${part}.${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
      name === 'limits' ? 'up to 20' : boundsOf(part, name),
    ]),
  );
  expect(real.length).toBeGreaterThan(20);
  expect(tableRows(page, 'value').map(([name, fallback, bounds]) => [name, fallback, bounds])).toEqual(real);
});

test('docs/connections.md has every kind of credential with its fields', () => {
  const real = Object.entries(credentialFields).map(([kind, fields]) => [
    kind,
    Object.entries(fields).map(([name, { required }]) => `${name}${required ? '' : '?'}`),
  ]);
  const said = tableRows(page, 'kind').map(([kind, fields = '']) => [kind, fields.replaceAll('`', '').split(', ')]);
  expect(said).toEqual(real);
});
