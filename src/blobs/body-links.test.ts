import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createIdSource } from '../ids/id-source.ts';
import { type BodyLinks, createBodyLinks } from './body-links.ts';

const ids = createIdSource({ now: Date.now });
const [teamId, eventId] = [ids.next('team'), ids.next('evt')];
const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
let nowMs = Date.UTC(2026, 10, 3);
let publicUrl = 'https://posthorn.test/base';

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 3);
  publicUrl = 'https://posthorn.test/base';
});

function links(...masterKeys: Buffer[]): BodyLinks {
  return createBodyLinks({ masterKeys, publicUrl: () => publicUrl, clock: { now: () => nowMs } });
}

/** What a request for the URL brings. */
function parts(url: string) {
  const { pathname, searchParams } = new URL(url);
  const query = Object.fromEntries(searchParams) as { team: string; expires: string; signature: string };
  return { eventId: pathname.split('/').at(-1) ?? '', ...query };
}

test('a URL opens the body that it was made for, until it expires', () => {
  const url = links(newKey).urlOf({ teamId, eventId, expiresAtMs: nowMs + 60_000 });
  expect(url).toMatch(/^https:\/\/posthorn\.test\/base\/bodies\/evt_/);
  expect(links(newKey).read(parts(url))).toEqual({ teamId, eventId });
  nowMs += 59_999;
  expect(links(newKey).read(parts(url))).toEqual({ teamId, eventId });
  nowMs += 1;
  expect(() => links(newKey).read(parts(url))).toThrow(
    expect.objectContaining({
      code: 'forbidden',
      message: expect.stringMatching(/expired; a resend/) as string,
    }) as Error,
  );
});

test('it outlives a change of the master key, and no key that was never given opens it', () => {
  const url = links(oldKey).urlOf({ teamId, eventId, expiresAtMs: nowMs + 60_000 });
  expect(links(newKey, oldKey).read(parts(url))).toEqual({ teamId, eventId });
  expect(() => links(newKey).read(parts(url))).toThrow(/is not one of ours/);
  const renewed = links(newKey, oldKey).urlOf({ teamId, eventId, expiresAtMs: nowMs + 60_000 });
  expect(links(newKey).read(parts(renewed))).toEqual({ teamId, eventId });
});

test('whatever is changed in it, it opens nothing, and nobody learns whether there is such an event', () => {
  const made = parts(links(newKey).urlOf({ teamId, eventId, expiresAtMs: nowMs + 60_000 }));
  const changed = [
    { eventId: ids.next('evt') },
    { team: ids.next('team') },
    { expires: String(Number(made.expires) + 1) },
    { expires: '' },
    { expires: '99999999999999999999' },
    { signature: '' },
    { signature: made.signature.slice(0, -1) },
    { signature: `${made.signature}=` },
    { signature: made.signature.toUpperCase() },
    { eventId: '../evt' },
  ];
  for (const change of changed) {
    expect(() => links(newKey).read({ ...made, ...change }), JSON.stringify(change)).toThrow(
      'This URL is not one of ours.',
    );
  }
});

test('it names the place where others reach this Posthorn at that moment', () => {
  const made = links(newKey);
  publicUrl = 'http://127.0.0.1:9999';
  expect(made.urlOf({ teamId, eventId, expiresAtMs: nowMs + 1_000 })).toMatch(/^http:\/\/127\.0\.0\.1:9999\/bodies\//);
});
