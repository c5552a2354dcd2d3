import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiCall } from '../../../tests/providers/api-calls.ts';
import { documensoV2Calls } from './api-calls.rules.ts';
import { documensoApi } from './api.rules.ts';

const v2 = '/api/v2/envelope';
const operation = (line: string) => documensoApi.operationOf(apiCall(line));
const failure = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  documensoApi.readFailure(status, Buffer.from(JSON.stringify(body)), new Map(Object.entries(headers)));

test.each([
  [`GET ${v2}`, 'envelopes.list', null],
  [`GET ${v2}/envelope_x1`, 'envelopes.get', 'envelope_x1'],
  [`GET ${v2}/envelope_x1/`, 'envelopes.get', 'envelope_x1'],
  [`GET ${v2}/envelope_x1/certificate/download`, 'envelopes.certificate.download', 'envelope_x1'],
  [`GET ${v2}/item/item_1/download?version=signed`, 'envelopes.item.download', null],
  [`POST ${v2}/distribute`, 'envelopes.distribute', null],
  [`POST ${v2}/recipient/create-many`, 'envelopes.recipient.create-many', null],
  ['GET /api/v2/document/17', 'documents.get', 'document:17'],
  ['GET /api/v2/template/4', 'templates.get', 'template:4'],
  ['GET /api/v1/documents?page=1', 'documents.list', null],
  ['GET /api/v1/documents/17', 'documents.get', 'document:17'],
  ['DELETE /api/v1/documents/17/recipients/3', 'documents.recipient.delete', 'document:17'],
  ['GET /sign/here/api/v2/envelope/envelope_x1', 'envelopes.get', 'envelope_x1'],
  ['GET /api/v2/something/new', 'get.other', null],
  ['GET /api/v20/envelope', 'get.other', null],
])('%s is %s about %s', (line, name, subject) => {
  expect(operation(line)).toMatchObject({ name, subject, counted: true });
});

test('templates name what a path varies by, and hold none of it', () => {
  expect(operation(`GET ${v2}/envelope_x1`).template).toBe('/api/v2/envelope/{envelopeId}');
  expect(operation('GET /api/v2/people/ada').template).toBe('/api/v2/*');
  expect(operation('GET /people/ada').template).toBe('/*');
});

test.each([
  [`POST ${v2}/get-many`, true],
  ['POST /api/v2/document/get-many', true],
  [`POST ${v2}/cancel`, false],
  [`POST ${v2}/distribute`, false],
  [`POST ${v2}/create`, false],
  [`POST ${v2}/delete`, false],
  ['PATCH /api/v1/documents/1/fields/2', false],
  ['DELETE /api/v1/documents/1', true],
  [`GET ${v2}`, true],
])('%s may be repeated: %s', (line, repeatable) => {
  expect(operation(line).repeatable).toBe(repeatable);
});

test('every call of v2 that is named is one of Documenso’s own client', () => {
  const client = join(import.meta.dirname, '../../../node_modules/@documenso/sdk-typescript/src/funcs');
  const calls = globSync('*.ts', { cwd: client }).map((file) => {
    const source = readFileSync(join(client, file), 'utf8');
    return `${/method: "([A-Z]+)"/.exec(source)?.[1]} ${/pathToFunc\(\s*"([^"]+)"/.exec(source)?.[1]}`;
  });
  const plain = (line: string): string => line.replaceAll(/\{[^}]*\}/g, '{}');
  expect(calls.length).toBeGreaterThan(80);
  expect(calls.map(plain)).toEqual(expect.arrayContaining(Object.keys(documensoV2Calls).map(plain)));
});

describe('the limit of a thousand a minute', () => {
  const nowMs = Date.UTC(2026, 6, 1, 12, 0, 20);
  const read = (line: string, headers: Record<string, string>) =>
    documensoApi.readBudgets(new Map(Object.entries(headers)), nowMs, apiCall(line));

  test('is one for v1 and another for v2, by the clock, in both environments', () => {
    for (const environment of ['sandbox', 'production'] as const) {
      expect(documensoApi.budgets(environment)).toEqual(
        ['v1', 'v2'].map((name) => ({ name, limit: 1_000, windowMs: 60_000, alignment: 'clock' })),
      );
    }
    expect(documensoApi.budgetsOf(apiCall('GET /api/v1/documents'))).toEqual(['v1', 'calls']);
    expect(documensoApi.budgetsOf(apiCall(`POST ${v2}/create`))).toEqual(['v2', 'calls']);
    expect(documensoApi.budgetsOf(apiCall('GET /health'))).toEqual(['calls']);
  });

  test('is read from the answer for the version that was called, its reset in Unix seconds', () => {
    const headers = {
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '7',
      'x-ratelimit-reset': String(nowMs / 1_000 + 40),
    };
    const reading = { limit: 1_000, remaining: 7, resetAtMs: nowMs + 40_000 };
    expect(read(`GET ${v2}`, headers)).toEqual([{ budget: 'v2', ...reading }]);
    expect(read('GET /api/v1/documents', headers)).toEqual([{ budget: 'v1', ...reading }]);
    expect(documensoApi.readBudgets(new Map(Object.entries(headers)), nowMs)).toEqual([]);
  });

  test('a reset that no minute can have is not believed, and without headers there is nothing to read', () => {
    for (const reset of ['40', String(nowMs), String(nowMs / 1_000 + 3_600)]) {
      const told = read(`GET ${v2}`, { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': reset });
      expect(told).toEqual([{ budget: 'v2', limit: null, remaining: 7, resetAtMs: null }]);
    }
    expect(read(`GET ${v2}`, { 'x-ratelimit-limit': 'many' })).toEqual([]);
  });
});

test.each([
  [`GET ${v2}/item/item_1/download?version=signed`, true],
  [`GET ${v2}/item/item_1/download?version=original`, true],
  [`GET ${v2}/item/item_1/download?version=pending`, false],
  [`GET ${v2}/envelope_x1/certificate/download`, true],
  [`GET ${v2}/envelope_x1/audit-log/download`, true],
  [`GET ${v2}/envelope_x1/audit-log`, false],
  [`GET ${v2}/envelope_x1`, false],
  ['GET /api/v1/documents/17/download', false],
])('%s never changes after completion: %s', (line, isImmutable) => {
  expect(documensoApi.isImmutable(apiCall(line))).toBe(isImmutable);
});

test.each([
  [`GET ${v2}/envelope_x1`, { status: 'COMPLETED' }, 'envelope_x1'],
  [`GET ${v2}/envelope_x1`, { status: 'PENDING' }, null],
  [`GET ${v2}/envelope_x1`, { status: 'REJECTED' }, null],
  ['GET /api/v1/documents/17', { status: 'COMPLETED' }, 'document:17'],
  [`GET ${v2}`, { status: 'COMPLETED' }, null],
  [`GET ${v2}/envelope_x1`, null, null],
])('%s with %j shows the completion of %s', (line, body, subject) => {
  expect(documensoApi.completedBy(apiCall(line), body)).toBe(subject);
});

test.each([
  [{ status: 'COMPLETED', envelopeItems: [{ id: 'envelope_item_1' }, { id: 2 }, null] }, ['item:envelope_item_1']],
  [{ status: 'PENDING', envelopeItems: [{ id: 'envelope_item_1' }] }, []],
  [{ status: 'COMPLETED', envelopeItems: 'none' }, []],
  [null, []],
])('an envelope as in %j shows the completion of its items %j', (body, parts) => {
  expect(documensoApi.parts?.completedBy(apiCall(`GET ${v2}/envelope_x1`), body)).toEqual(parts);
  expect(documensoApi.parts?.of(apiCall(`GET ${v2}/item/envelope_item_1/download`))).toBe('item:envelope_item_1');
  expect(documensoApi.parts?.of(apiCall(`GET ${v2}/envelope_x1`))).toBeNull();
});

test.each([
  ['v2', 404, { message: 'Not found', code: 'NOT_FOUND', data: { code: 'NOT_FOUND', httpStatus: 404 } }, 'NOT_FOUND'],
  [
    'v2 with an error of the application',
    400,
    { code: 'BAD_REQUEST', data: { appError: { code: 'INVALID_BODY', message: 'x y' } } },
    'INVALID_BODY',
  ],
  ['v1', 400, { message: 'Document is not completed' }, null],
  ['a download', 404, { error: 'Envelope item not found', code: 'NOT_FOUND' }, 'NOT_FOUND'],
  ['the limit of an address', 429, { error: 'Too many requests' }, null],
  ['prose where a code should be', 400, { code: 'ada@example.com is not allowed' }, null],
])('a failure of %s tells its code', (_, status, body, errorCode) => {
  expect(failure(status, body, { 'retry-after': '5' })).toEqual({ errorCode, retry: null });
});

test('a 429 that names no time is a quota of a month, which waiting does not mend', () => {
  expect(failure(429, { message: 'Quota' })).toEqual({ errorCode: null, retry: 'permanent' });
  expect(documensoApi.readFailure(429, Buffer.from('{}'))).toEqual({ errorCode: null, retry: null });
});

test('there is no sandbox, and a token is entered without Bearer', () => {
  expect(documensoApi.environments.sandbox).toEqual({ baseUrl: null, hosts: [] });
  expect(documensoApi.environments.production.baseUrl).toBe('https://app.documenso.com');
  expect(documensoApi.problemOfSecret?.('Bearer api_abc', 'production')).toContain('without Bearer');
  expect(documensoApi.problemOfSecret?.('api_abc', 'production')).toBeNull();
});
