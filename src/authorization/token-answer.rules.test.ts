import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTokenAnswer } from './token-answer.rules.ts';

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { status, headers: new Map(Object.entries(headers)), body: bytes };
}

describe('an answer of a token endpoint', () => {
  it.each([
    ['as the RFC has it', { access_token: 'abc', token_type: 'Bearer', expires_in: 3600 }, 3600],
    ['with the type in lower case', { access_token: 'abc', token_type: 'bearer', expires_in: 60 }, 60],
    ['with a life in digits', { access_token: 'abc', token_type: 'Bearer', expires_in: '28800' }, 28800],
    ['without a life', { access_token: 'abc', token_type: 'Bearer' }, null],
    ['with a life of zero', { access_token: 'abc', token_type: 'Bearer', expires_in: 0 }, null],
    ['with a life that is a word', { access_token: 'abc', token_type: 'Bearer', expires_in: 'soon' }, null],
  ])('is read %s', (_about, body, expiresIn) => {
    expect(readTokenAnswer(answer(200, body))).toEqual({ kind: 'token', token: 'abc', expiresIn });
  });

  it.each([
    ['a token of another type', 200, { access_token: 'abc', token_type: 'mac' }, 'unusable'],
    ['a token without a type', 200, { access_token: 'abc' }, 'unusable'],
    ['a redirect', 302, '', 'unusable'],
    ['no token', 200, { token_type: 'Bearer' }, 'failed'],
    ['a token that would break a header', 200, { access_token: 'a\r\nb', token_type: 'Bearer' }, 'failed'],
    ['no JSON', 200, '<html>PLANTED</html>', 'failed'],
    ['JSON that is a list', 200, [], 'failed'],
    ['an error of the server', 503, 'PLANTED', 'failed'],
    ['too many requests', 429, '', 'failed'],
    ['a refusal', 401, { error: 'invalid_client', error_description: 'PLANTED' }, 'refused'],
    ['a refusal in words of its own', 400, { error: 'PLANTED' }, 'refused'],
    ['a refusal named like a member of every object', 400, { error: 'constructor' }, 'refused'],
    ['a refusal without words', 403, '', 'refused'],
  ])('is told apart: %s', (_about, status, body, kind) => {
    const reading = readTokenAnswer(answer(status, body));
    expect(reading.kind).toBe(kind);
    expect(JSON.stringify(reading)).not.toContain('PLANTED');
  });

  it('says what mends an error that is known, and how long to wait', () => {
    expect(readTokenAnswer(answer(400, { error: 'invalid_scope' }))).toMatchObject({
      error: 'invalid_scope',
      problem: expect.stringMatching(/400 invalid_scope; check the scope/),
    });
    expect(readTokenAnswer(answer(429, '', { 'retry-after': '17' }))).toMatchObject({ retryAfterMs: 17_000 });
    expect(readTokenAnswer(answer(503, '', { 'retry-after': 'Mon' }))).toMatchObject({ retryAfterMs: null });
  });

  it('is read or refused, never thrown at, and quotes nothing', () => {
    const word = fc.string({ minLength: 12, maxLength: 40 }).map((text) => `PLANTED${text}`);
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.dictionary(word, word), word, (status, members, error) => {
        const reading = readTokenAnswer(answer(status, { ...members, error, error_description: error }));
        expect(JSON.stringify(reading)).not.toContain('PLANTED');
      }),
    );
  });
});
