import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scrub } from './scrub.rules.ts';
import { addStep, closeTranscript, emptyTranscript } from './transcript.rules.ts';

const characters = (alphabet: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength: length, maxLength: length });
const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789';

/** The part that must not be left, and the text around it that makes it a secret. */
const secrets = fc.oneof(
  characters(letters, 43).map((part) => ({ part, text: `phk_01kajxkkj8ffkr1g8xs6a3ek0r_${part}` })),
  characters(letters, 43).map((part) => ({ part, text: `pho_${part}` })),
  characters(letters, 32).map((part) => ({ part, text: `whsec_${part}` })),
  characters(letters, 16).map((part) => ({ part, text: `api_${part}` })),
  characters(letters, 24).map((part) => ({ part, text: `sk_test_${part}` })),
  characters(letters, 30).map((part) => ({ part, text: `Authorization: Bearer ${part}` })),
  characters(letters, 30).map((part) => ({ part, text: `authorization: basic ${part}` })),
  characters(letters, 20).map((part) => ({ part, text: `postgresql://posthorn:${part}@127.0.0.1:5432/posthorn` })),
  characters(letters, 30).map((part) => ({ part, text: `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.${part}` })),
  characters(letters, 40).map((part) => ({
    part,
    text: `-----BEGIN PRIVATE KEY-----\n${part}\n-----END PRIVATE KEY-----`,
  })),
);
const around = fc.string({ maxLength: 40 });

describe('scrubbing', () => {
  test('leaves nothing of what has the shape of a secret, wherever it stands', () => {
    fc.assert(
      fc.property(secrets, around, around, ({ part, text }, before, after) => {
        expect(scrub(`${before} ${text} ${after}`)).not.toContain(part);
      }),
    );
  });

  test('leaves nothing of what is known to be one, whatever it looks like', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40 }), around, around, (secret, before, after) => {
        fc.pre(!'***'.includes(secret) && !secret.includes('*'));
        expect(scrub(before + secret + after, [secret])).not.toContain(secret);
      }),
    );
  });

  test('leaves alone what people read', () => {
    const text =
      'The delivery dlv_01kajxkkj8ffkr1g8xs6a3ek0r of evt_01kajxkkj8ffkr1g8xs6a3ek0r was answered 503 by http://127.0.0.1:8421/hook?a=b; ' +
      'SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08. It bears basic facts.';
    expect(scrub(text)).toBe(text);
  });
});

test('a transcript stays within its bounds, loses no step silently, and holds no secret that is learnt later', () => {
  const step = fc.record({ says: fc.string({ maxLength: 5_000 }), times: fc.integer({ min: 1, max: 400 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (batches) => {
      let transcript = emptyTranscript;
      let noted = 0;
      for (const { says, times } of batches) {
        for (let index = 0; index < times; index += 1) {
          transcript = addStep(transcript, { atMs: index, says: `${says} later-known-secret`, values: [] }, []);
          noted += 1;
        }
      }
      const steps = closeTranscript(transcript, 1, ['later-known-secret']);
      expect(steps.length).toBeLessThanOrEqual(500);
      expect(Buffer.byteLength(JSON.stringify(steps))).toBeLessThanOrEqual(256 * 1024);
      expect(JSON.stringify(steps)).not.toContain('later-known-secret');
      expect(transcript.steps.length + transcript.leftOut).toBe(noted);
    }),
    { numRuns: 25 },
  );
});
