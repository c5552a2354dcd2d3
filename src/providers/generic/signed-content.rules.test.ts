import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAmbiguousId, signedContentProblem, signedFields, signedPieces } from './signed-content.rules.ts';

describe('a template of what is signed', () => {
  test.each([
    ['{body}', ['body']],
    ['{timestamp}.{body}', ['timestamp', 'body']],
    ['{timestamp}{body}', ['timestamp', 'body']],
    ['v0:{timestamp}:{body}', ['timestamp', 'body']],
    ['{id}.{timestamp}.{body}', ['id', 'timestamp', 'body']],
    ['{body}|{id}', ['body', 'id']],
    ['t={timestamp}&id={id}&{body}', ['timestamp', 'id', 'body']],
    ['{timestamp}', ['timestamp']],
    ['key{id}key', ['id']],
  ])('%s will do', (template, fields) => {
    expect(signedContentProblem(template)).toBeNull();
    expect([...signedFields(template)]).toEqual(fields);
  });

  test.each([
    ['', /must hold \{body\}/],
    ['body', /must hold \{body\}/],
    ['{}', /braces/],
    ['{Body}', /braces/],
    ['{payload}', /braces/],
    ['{{body}}', /braces/],
    ['{body', /braces/],
    ['{body}{', /braces/],
    ['{__proto__}', /braces/],
    ['{body}.{body}', /once/],
    ['{id}{body}', /separate/],
    ['{body}{id}', /separate/],
    ['{id}x{body}', /separate/],
    ['{timestamp}{id}.{body}', /separate/],
    ['{timestamp}.{id}0{body}', /separate/],
  ])('%j is refused', (template, problem) => {
    expect(signedContentProblem(template)).toMatch(problem);
  });

  test('is filled in, in its order', () => {
    const values = { body: Buffer.from('b'), timestamp: '1', id: 'i' };
    expect(signedPieces('v0:{timestamp}:{id}/{body}!', values)).toEqual(['v0:', '1', ':', 'i', '/', values.body, '!']);
  });

  test('knows which ids would be ambiguous', () => {
    expect(isAmbiguousId('{id}.{body}', 'a.b')).toBe(true);
    expect(isAmbiguousId('{id}.{body}', 'a:b')).toBe(false);
    expect(isAmbiguousId('{timestamp}:{id}.{body}', 'a:b')).toBe(true);
    expect(isAmbiguousId('.{id}', 'a.b')).toBe(false);
    expect(isAmbiguousId('{body}', 'a.b')).toBe(false);
  });

  test('can be read back in one way only, so that a signature fits one id, time and body', () => {
    const text = (...characters: string[]) =>
      fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 14 });
    const order = fc.shuffledSubarray(['{id}', '{timestamp}', '{body}'], { minLength: 1 });
    const literal = fc.string({ unit: fc.constantFrom('.', ':', '1', 'v'), maxLength: 2 });
    const template = fc
      .tuple(order, fc.array(literal, { minLength: 4, maxLength: 4 }))
      .map(([fields, literals]) => literals.map((one, index) => one + (fields[index] ?? '')).join(''))
      .filter((one) => signedContentProblem(one) === null);
    let tried = 0;
    fc.assert(
      fc.property(
        template,
        text('a', '1', '.', ':'),
        fc.integer({ min: 1_111_111_111, max: 1_111_111_211 }),
        text('1', '.', ':', 'a'),
        (pattern, id, timestamp, body) => {
          fc.pre(!isAmbiguousId(pattern, id));
          const values = { id, timestamp: String(timestamp), body };
          const used = new Set<string>(signedFields(pattern));
          const original = Object.fromEntries(Object.entries(values).filter(([field]) => used.has(field)));
          const content = signedPieces(pattern, values).join('');
          const readings = readingsOf(pattern.split(/(\{\w+\})/).filter(Boolean), content).filter(
            (reading) =>
              (reading['timestamp'] === undefined || /^1111111[12]\d\d$/.test(reading['timestamp'])) &&
              !isAmbiguousId(pattern, reading['id'] ?? ''),
          );
          tried += 1;
          expect(readings).toEqual([original]);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(tried).toBe(2_000);
  });
});

/** Every way to take a content for a template, by trying them all; ids are not empty. */
function readingsOf(tokens: readonly string[], content: string): Record<string, string>[] {
  const [token, ...rest] = tokens;
  if (token === undefined) return content === '' ? [{}] : [];
  const field = /^\{(\w+)\}$/.exec(token)?.[1];
  if (field === undefined) {
    return content.startsWith(token) ? readingsOf(rest, content.slice(token.length)) : [];
  }
  return Array.from({ length: content.length + 1 }, (_, length) => length)
    .filter((length) => field === 'body' || length > 0)
    .flatMap((length) =>
      readingsOf(rest, content.slice(length)).map((others) => ({ ...others, [field]: content.slice(0, length) })),
    );
}
