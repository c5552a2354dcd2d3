import { describe, expect, test } from 'vitest';
import type { OptionSpec, Options } from '../provider-profile.ts';
import { optionProblem, readOptions } from '../read-options.rules.ts';
import { genericOptions, problemsOfGenericOptions } from './options.rules.ts';

const { options: defaults } = readOptions(genericOptions, undefined, '');
const specs: [string, OptionSpec][] = Object.entries(genericOptions);

function problems(changed: Options): string[] {
  return problemsOfGenericOptions({ ...defaults, ...changed }).map(({ option, message }) => `${option} ${message}`);
}

describe('each option by itself', () => {
  test.each(specs)('%s: its default and its examples will do', (_name, spec) => {
    const examples = spec.kind === 'text' ? (spec.examples ?? []) : [];
    for (const value of [spec.default, ...examples]) expect(optionProblem(spec, value)).toBeNull();
  });

  test.each([
    ['header', ['X-Signature', 'authorization', 'a'.repeat(100)], ['', 'x signature', 'x-sig:', 'é', 'a'.repeat(101)]],
    ['prefix', ['', 'sha256=', 'Bearer '], ['é', '\n', 'p'.repeat(65)]],
    ['signedContent', ['{timestamp}.{body}', 'v0:{timestamp}:{body}'], ['\u0000', 'x'.repeat(201)]],
    ['timestampHeader', ['', 'X-Timestamp'], ['x timestamp', 'x-time:']],
    ['idHeader', ['', 'X-Id'], ['x id', 'x\r\nid']],
    ['eventTypeHeader', ['', 'X-Event'], ['x event', '"event"']],
    ['eventTypePath', ['', 'type', 'a.b.0.c', 'a b'], ['.', 'a.', '.a', 'a..b']],
    ['subjectPath', ['', 'data.id'], ['data.', '..']],
    ['duplicatesPath', ['', 'id'], ['.id']],
    ['eventType', ['order.changed', 'A_b-c:d'], ['', '.a', 'a b', 'a/b', 'x'.repeat(129)]],
    ['toleranceSeconds', [1, 86_400], [0, -1, 86_401, 1.5, '300']],
    ['scheme', ['hmac', 'shared-secret', 'basic'], ['none', '']],
    ['algorithm', ['sha1', 'sha256', 'sha512'], ['md5', 'SHA256']],
    ['encoding', ['hex', 'base64'], ['base64url']],
    ['timestampUnit', ['seconds', 'milliseconds'], ['s']],
    ['duplicatesBy', ['content', 'id', 'path'], ['']],
  ] as [keyof typeof genericOptions, unknown[], unknown[]][])('%s', (name, taken, refused) => {
    expect(taken.map((value) => optionProblem(genericOptions[name], value))).toEqual(taken.map(() => null));
    expect(refused.filter((value) => optionProblem(genericOptions[name], value) === null)).toEqual([]);
  });

  test('is tried above', () => {
    expect(specs.map(([name]) => name).toSorted()).toEqual(Object.keys(defaults).toSorted());
    expect(specs).toHaveLength(16);
  });
});

describe('options together', () => {
  test.each<[string, Options]>([
    ['the defaults', {}],
    ['a signed time', { signedContent: '{timestamp}.{body}', timestampHeader: 'X-Timestamp' }],
    [
      'a signed id and time',
      { signedContent: '{id}.{timestamp}.{body}', timestampHeader: 'x-time', idHeader: 'x-id', duplicatesBy: 'id' },
    ],
    ['an id that is not signed', { idHeader: 'x-id', duplicatesBy: 'id' }],
    ['an id in the body', { duplicatesBy: 'path', duplicatesPath: 'id' }],
    ['a signature in Authorization', { header: 'Authorization', prefix: 'HMAC ' }],
    ['a signature that leaves out the body', { signedContent: '{timestamp}', timestampHeader: 'x-time' }],
    ['a shared secret', { scheme: 'shared-secret', prefix: 'Bearer ', header: 'authorization' }],
    ['a shared secret beside a template that is not used', { scheme: 'shared-secret', signedContent: '{id}{body}' }],
    ['Basic, with whatever header is not used', { scheme: 'basic', header: 'x-id', idHeader: 'x-id' }],
  ])('%s: will do', (_what, changed) => {
    expect(problems(changed)).toEqual([]);
  });

  test.each<[string, Options, RegExp]>([
    ['a malformed template', { signedContent: '{payload}' }, /^signedContent must hold braces/],
    ['a template that is always the same', { signedContent: 'v0' }, /^signedContent must hold \{body\}/],
    ['no header for the signed time', { signedContent: '{timestamp}.{body}' }, /^timestampHeader must name/],
    ['no header for the signed id', { signedContent: '{id}.{body}' }, /^idHeader must name/],
    ['a time that is not signed', { timestampHeader: 'x-time' }, /^timestampHeader must be of a time that is signed/],
    [
      'a time beside a shared secret',
      { scheme: 'shared-secret', timestampHeader: 'x-time', signedContent: '{timestamp}.{body}' },
      /^timestampHeader must be of a time that is signed.*: leave it empty$/,
    ],
    ['a time beside Basic', { scheme: 'basic', timestampHeader: 'x-time' }, /^timestampHeader must be of a time/],
    ['duplicates by an id that is nowhere', { duplicatesBy: 'id' }, /^idHeader must name a header/],
    ['duplicates by a path to nowhere', { duplicatesBy: 'path' }, /^duplicatesPath must say where/],
    [
      'duplicates by a body that may be forged',
      { signedContent: '{timestamp}', timestampHeader: 'x-time', duplicatesBy: 'path', duplicatesPath: 'id' },
      /^duplicatesBy must be content where signedContent leaves out \{body\}/,
    ],
    ['a secret shown as the id', { scheme: 'shared-secret', header: 'X-Key', idHeader: 'x-key' }, /^idHeader must be/],
    ['a password shown as the id', { scheme: 'basic', idHeader: 'Authorization' }, /^idHeader must be another/],
    ['a signature as the event type', { header: 'x-key', eventTypeHeader: 'X-KEY' }, /^eventTypeHeader must be/],
    [
      'a signature as the time',
      { header: 'x-key', timestampHeader: 'x-key', signedContent: '{timestamp}.{body}' },
      /^timestampHeader must be another header/,
    ],
  ])('%s: refused', (_what, changed, problem) => {
    expect(problems(changed)).toEqual([expect.stringMatching(problem)]);
  });

  test.each<[string, Options, RegExp]>([
    ['the name of the host', { header: 'Host' }, /^header must be a header of the sender's own: host is/],
    ['the length', { scheme: 'shared-secret', header: 'content-length' }, /^header must be a header of the sender/],
    ['what frames the body', { header: 'Transfer-Encoding' }, /^header must be a header of the sender's own/],
    ['what a proxy writes', { header: 'X-Forwarded-Host' }, /^header must be a header of the sender's own/],
    ['the connection as the id', { idHeader: 'Connection' }, /^idHeader must be a header of the sender's own/],
    ['the host as the event type', { eventTypeHeader: 'host' }, /^eventTypeHeader must be a header of the sender/],
    [
      'the length as the time',
      { signedContent: '{timestamp}.{body}', timestampHeader: 'Content-Length' },
      /^timestampHeader must be a header of the sender's own/,
    ],
  ])('%s, of the transport and not the sender: refused', (_what, changed, problem) => {
    expect(problems(changed)).toEqual([expect.stringMatching(problem)]);
  });

  test('a header of the transport that Basic does not read will do', () => {
    expect(problems({ scheme: 'basic', header: 'host' })).toEqual([]);
  });

  test('every problem is told at once', () => {
    const changed = { signedContent: '{id}.{timestamp}', duplicatesBy: 'path' };
    expect(problemsOfGenericOptions({ ...defaults, ...changed }).map(({ option }) => option)).toEqual([
      'timestampHeader',
      'idHeader',
      'duplicatesPath',
      'duplicatesBy',
    ]);
  });
});
