import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { dropboxSignProfile } from './profile.rules.ts';

/** The published example: key, time, type and their hash. */
const credential: Credential = {
  name: 'main',
  kind: 'api-key',
  value: '324e3b0840f065eb51f3fd63231d0d33daa35d4ed10d27718839e81737065782',
};
const published = {
  event_time: '1669926463',
  event_type: 'account_confirmed',
  event_hash: 'ff8b03439122f9160500c3fb855bdee5a9ccba5fff27d3b258745d8f3074832f',
};
const nowMs = 1_669_926_463_000;
const options = { maxAgeSeconds: 3_600 };
const request = { signature_request_id: '21bb8f947df4ad622c103f662543b230b713d', title: 'Contract' };
const boundary = '----WebKitFormBoundary7MA4YWxk';

function formOf(json: string, atBoundary = boundary): InboundRequest {
  const head = `--${atBoundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n`;
  return inbound({
    headers: { 'content-type': `multipart/form-data; boundary=${atBoundary}` },
    body: `${head}${json}\r\n--${atBoundary}--\r\n`,
  });
}

function post(event: Record<string, unknown>, rest: Record<string, unknown> = { signature_request: request }) {
  return formOf(JSON.stringify({ event, ...rest }));
}

function signedEvent(type: string, time: string, value = credential.value): Record<string, string> {
  const hash = createHmac('sha256', value)
    .update(time + type)
    .digest('hex');
  return { event_time: time, event_type: type, event_hash: hash };
}

function verify(given: InboundRequest): ReturnType<typeof dropboxSignProfile.verify> {
  return dropboxSignProfile.verify(given, [credential], options, nowMs);
}

const keyOf = (given: InboundRequest): string => dropboxSignProfile.identify(given, options).dedupeKey;

for (const [name, wrap] of [
  ['the hash in the form field', formOf],
  ['the hash in a body that is JSON', (json: string) => inbound({ headers: {}, body: json })],
] as const) {
  describeSigned(name, {
    profile: dropboxSignProfile,
    options,
    credential,
    otherCredential: { name: 'next', kind: 'api-key', value: 'f00dfeed40f065eb51f3fd63231d0d33' },
    nowMs,
    body: Buffer.from(JSON.stringify({ signature_request: request })),
    sign: ({ body, credential: { value }, signedAtMs }) => {
      const event = signedEvent('signature_request_signed', String(Math.floor(signedAtMs / 1000)), value);
      return wrap(JSON.stringify({ event, ...(JSON.parse(body.toString()) as object) }));
    },
    signatureIn: {
      valuesOf: ({ body }) => [/"event_hash":"([^"]*)"/.exec(body.toString())?.[1] ?? ''],
      withValues(given, values) {
        const members = values.map((value) => `,"event_hash":${JSON.stringify(value)}`).join('');
        const text = given.body.toString().replace(/,"event_hash":"[^"]*"/, () => members);
        return { ...given, body: Buffer.from(text) };
      },
    },
    toleranceSeconds: options.maxAgeSeconds,
  });
}

describe('dropbox-sign', () => {
  test('the published example is verified', () => {
    expect(verify(post(published, {}))).toEqual({ verified: true, credential: 'main' });
  });

  test('a form as another implementation writes it is verified', async () => {
    const form = new FormData();
    form.append('json', JSON.stringify({ event: published, title: 'Bürgschaft €' }));
    form.append('file', new File(['--x\r\n'], 'a.txt'));
    const sent = new Request('http://localhost', { method: 'POST', body: form });
    const contentType = sent.headers.get('content-type') ?? '';
    const given = inbound({ headers: { 'content-type': contentType }, body: Buffer.from(await sent.arrayBuffer()) });
    expect(verify(given)).toEqual({ verified: true, credential: 'main' });
  });

  test('a digit cannot move from the time into the name, though the signed text stays the same', () => {
    const { event_hash } = published;
    for (const [event_time, event_type] of [
      ['166992646', '3account_confirmed'],
      ['', '1669926463account_confirmed'],
      ['1669926463account', '_confirmed'],
    ]) {
      expect(verify(post({ event_hash, event_time, event_type }))).toMatchObject({ verified: false });
    }
  });

  test('another name or time than those signed is refused', () => {
    for (const forged of [{ event_type: 'signature_request_all_signed' }, { event_time: '1669926464' }]) {
      expect(verify(post({ ...published, ...forged }))).toMatchObject({ reason: 'signature_mismatch' });
    }
  });

  test('a second field json is refused, as is a signed member that comes twice', () => {
    const first = `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n{}\r\n`;
    const form = post(published);
    const twice = { ...form, body: Buffer.concat([Buffer.from(first), form.body]) };
    expect(verify(twice)).toMatchObject({ reason: 'signature_repeated' });
    const event = JSON.stringify(published).replace('{', '{"event_type":"signature_request_all_signed",');
    expect(verify(formOf(`{"event":${event}}`))).toMatchObject({ reason: 'signature_repeated' });
  });

  test.each([
    ['a form without the field', formOf('').body.toString().replace('"json"', '"jsonp"'), 'body_unreadable'],
    ['a field that is no JSON', formOf('{').body.toString(), 'body_unreadable'],
    ['a form that does not end', formOf('{}').body.toString().slice(0, -6), 'body_unreadable'],
    ['JSON in place of a form', JSON.stringify({ event: published }), 'body_unreadable'],
    ['no event', formOf('[]').body.toString(), 'signature_missing'],
    ['no time', post({ ...published, event_time: null }).body.toString(), 'timestamp_missing'],
    ['a time in words', post({ ...published, event_time: 'now' }).body.toString(), 'timestamp_malformed'],
    ['no name', post({ ...published, event_type: {} }).body.toString(), 'body_unreadable'],
  ])('%s is refused', (_name, body, reason) => {
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    expect(verify(inbound({ headers, body }))).toMatchObject({ verified: false, reason });
  });

  test('a content type that comes twice, or has no boundary, is refused', () => {
    const form = post(published);
    for (const values of [[`multipart/form-data; boundary=${boundary}`, 'application/json'], ['multipart/form-data']]) {
      const headers = new Map([['content-type', values]]);
      expect(verify({ ...form, headers })).toMatchObject({ reason: 'body_unreadable' });
    }
  });

  test('it is answered with the words that Dropbox Sign waits for', () => {
    expect(dropboxSignProfile.answer?.(post(published), [credential], options)).toEqual({
      status: 200,
      contentType: 'text/plain',
      body: 'Hello API Event Received',
    });
  });

  test('it is named, timed and ordered by what the field says', () => {
    expect(dropboxSignProfile.identify(post(published), options)).toMatchObject({
      eventType: 'account_confirmed',
      externalId: null,
      subject: request.signature_request_id,
      occurredAtMs: nowMs,
    });
  });

  test('a callback that is sent again is the same event, under whatever boundary', () => {
    const json = JSON.stringify({ event: published, signature_request: request });
    expect(keyOf(formOf(json, 'another'))).toBe(keyOf(formOf(json)));
    expect(keyOf(inbound({ headers: {}, body: json }))).toBe(keyOf(formOf(json)));
  });

  test('two callbacks of one name and second do not pass for duplicates of each other', () => {
    const other = { signature_request: { ...request, signature_request_id: 'another' } };
    expect(keyOf(post(published, other))).not.toBe(keyOf(post(published)));
  });

  test('whoever has seen a callback can send another content under it, but cannot keep the true one out', () => {
    const forged = post(published, { signature_request: { ...request, title: 'Forged' } });
    expect(verify(forged)).toMatchObject({ verified: true });
    expect(keyOf(forged)).not.toBe(keyOf(post(published)));
    expect(dropboxSignProfile.coverageOf(new Set(['api-key']), options)).toBe('fields');
  });

  test('the hash, which is enough to forge with, is masked where people look, in a form and in JSON', () => {
    for (const given of [post(published), inbound({ headers: {}, body: JSON.stringify({ event: published }) })]) {
      const shown = dropboxSignProfile.redact?.(given.body)?.toString();
      expect(shown).toBe(given.body.toString().replace(published.event_hash, '***'));
    }
  });
});
