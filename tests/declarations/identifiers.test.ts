import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWithin } from '../../src/declarations/check-declarations.rules.ts';
import { isTestIdentifier, problemOfIdentifier } from '../../src/declarations/identifier.rules.ts';

/** Numbers of the examples that OpenPeppol publishes, which its own rules take, and of public registers. */
const valid: readonly [string, string][] = [
  ['0088', '7300010000001'],
  ['0192', '974760673'],
  ['0007', '5560360793'],
  ['0184', 'DK16356706'],
  ['0184', '16356706'],
  ['0208', '0202239951'],
  ['VAT', 'NO974760673MVA'],
  ['VAT', 'SE556036079301'],
  ['VAT', 'DE123456789'],
  ['9930', 'DE123456789'],
];

describe('an identifier', () => {
  test.each(valid)('%s:%s is well-formed', (scheme, value) => {
    expect(problemOfIdentifier({ scheme, value })).toBeNull();
  });

  test.each([
    ['0088', '7300010000002', 'this GLN has a wrong check digit'],
    ['0088', '730001000000', 'this GLN has to have 13 digits'],
    ['0192', '974760674', 'this Norwegian organisation number has a wrong check digit'],
    ['0192', '000000000', 'this Norwegian organisation number has a wrong check digit'],
    ['0007', '5560360794', 'this Swedish organisation number has a wrong check digit'],
    ['0184', 'SE16356706', 'this Danish CVR number has to have 8 digits, with DK before them or without'],
    ['0208', '0202239952', 'this Belgian enterprise number has a wrong check digit'],
    ['VAT', 'NO974760673', 'this VAT number has to have NO, 9 digits and MVA'],
    ['VAT', 'SE5560360793', 'this VAT number has to have SE and 12 digits'],
    ['VAT', '123456789', 'this VAT number has to begin with the code of its country'],
    ['0001', '1', 'the scheme 0001 is not in the code list'],
  ])('%s:%s is refused: %s', (scheme, value, problem) => {
    expect(problemOfIdentifier({ scheme, value })).toBe(problem);
  });

  test('with any single digit changed has a wrong check digit', () => {
    const numbers = valid.filter(([scheme]) => ['0088', '0192', '0007', '0208'].includes(scheme));
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.nat(), fc.integer({ min: 1, max: 9 }), ([scheme, value], at, by) => {
        const place = at % value.length;
        const digit = (Number(value[place]) + by) % 10;
        const changed = value.slice(0, place) + String(digit) + value.slice(place + 1);
        expect(problemOfIdentifier({ scheme, value: changed })).toMatch(/wrong check digit/);
      }),
    );
  });

  test('for tests alone is known', () => {
    expect(isTestIdentifier({ scheme: '9915', value: 'phase4-test-receiver' })).toBe(true);
    expect(isTestIdentifier({ scheme: '0088', value: '7300010000001' })).toBe(false);
  });
});

test.each([
  ['192.0.2.7', '192.0.2.0/24', true],
  ['192.0.2.0/25', '192.0.2.0/24', true],
  ['192.0.2.0/23', '192.0.2.0/24', false],
  ['192.0.3.7', '192.0.2.0/24', false],
  ['2001:db8::1', '2001:db8::/32', true],
  ['192.0.2.7', '2001:db8::/32', false],
  ['192.0.2.7', '192.0.2.7', true],
])('%s is within %s: %s', (inner, outer, expected) => {
  expect(isWithin(inner, outer)).toBe(expected);
});
