import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { operationalEventTypes } from '../operations/operational-event-types.ts';
import { compileSchema } from './compile-schema.ts';

let api: TestApi;
let path: string;

beforeAll(async () => {
  api = await createTestApi();
  path = `/v1/teams/${await api.createTeam()}/event-types`;
});
afterAll(() => api[Symbol.asyncDispose]());

const schema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };

describe('event types', () => {
  test('are created, read, changed and deleted', async () => {
    const body = { name: 'invoice.paid', description: 'Paid.', schema, example: { id: 'inv_1' } };
    const created = await api.call('POST', path, { body });
    expect(created).toMatchObject({ status: 201, body: { ...body, operational: false } });
    expect((await api.call('GET', `${path}/invoice.paid`)).body).toEqual(created.body);
    const changed = await api.call('PATCH', `${path}/invoice.paid`, { body: { description: null } });
    expect(changed.body).toMatchObject({ description: null, schema, example: { id: 'inv_1' } });
    expect((await api.call('POST', path, { body })).body.code).toBe('conflict');
    expect((await api.call('DELETE', `${path}/invoice.paid`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await api.call(method, `${path}/invoice.paid`)).body.code).toBe('not_found');
    }
    expect((await api.call('PATCH', `${path}/invoice.paid`, { body: {} })).body.code).toBe('not_found');
  });

  test('a change is answered when this node knows it: whoever hears of it may post at once', async () => {
    const told: string[] = [];
    const onEventTypes = async (teamId: string): Promise<void> => {
      expect(path).toContain(teamId);
      const found = await api.call('GET', `${path}/known`);
      told.push(found.status === 404 ? 'gone' : String(found.body.description));
    };
    Object.assign(api.services, { onEventTypes });
    try {
      await api.call('POST', path, { body: { name: 'known', description: 'first' } });
      expect(told).toEqual(['first']);
      await api.call('PATCH', `${path}/known`, { body: { description: 'second' } });
      expect(told).toEqual(['first', 'second']);
      await api.call('DELETE', `${path}/known`);
      expect(told).toEqual(['first', 'second', 'gone']);
    } finally {
      Object.assign(api.services, { onEventTypes: () => Promise.resolve() });
    }
  });

  test('an example that does not match its schema is refused with the place, on either change', async () => {
    const wrong = await api.call('POST', path, { body: { name: 'a', schema, example: { id: 7 } } });
    expect(wrong).toMatchObject({
      status: 422,
      body: { code: 'payload_schema_mismatch', errors: [{ pointer: '/example/id', message: 'must be string' }] },
    });
    await api.call('POST', path, { body: { name: 'b', schema, example: { id: 'x' } } });
    const later = { ...schema, required: ['id', 'amount'] };
    const changed = await api.call('PATCH', `${path}/b`, { body: { schema: later } });
    expect(changed.body.errors).toEqual([{ pointer: '/example/amount', message: 'is missing' }]);
  });

  test("Posthorn's own are listed with schema and example, and nobody's to change", async () => {
    const name = 'posthorn.delivery.dead';
    expect((await api.call('GET', `${path}/${name}`)).body).toMatchObject({ name, operational: true, createdAt: null });
    expect((await api.call('POST', path, { body: { name: 'posthorn.mine' } })).body.code).toBe('conflict');
    expect((await api.call('PATCH', `${path}/${name}`, { body: {} })).body.code).toBe('conflict');
    expect((await api.call('DELETE', `${path}/${name}`)).body.code).toBe('conflict');
    for (const type of operationalEventTypes) {
      const compiled = compileSchema(type.schema);
      expect(compiled.ok && compiled.validate(type.example), type.name).toBeNull();
    }
  });

  test('a schema that cannot be used is refused with the place', async () => {
    const body = { name: 'c', schema: { type: 'object', properties: { a: { type: 'strin' } } } };
    const answer = await api.call('POST', path, { body });
    expect(answer.body).toMatchObject({ code: 'invalid_schema', errors: [{ pointer: '/schema/properties/a/type' }] });
  });
});

describe('what a schema may not do', () => {
  const problemsOf = (given: unknown): string => {
    const compiled = compileSchema(given);
    return compiled.ok ? '' : compiled.problems.map(({ pointer, message }) => `${pointer}: ${message}`).join('\n');
  };
  const nested = (depth: number): unknown => (depth === 0 ? {} : { properties: { a: nested(depth - 1) } });

  test.each([
    ['no object', 7, 'must be a JSON Schema object'],
    ['larger than 64 kB', { description: 'x'.repeat(70_000) }, 'is larger than 65536 bytes'],
    ['too deep', nested(40), 'nested deeper than 32'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema: must be'],
    ['fetching', { $ref: 'https://example.com/schema.json' }, '/$ref: must point into this schema'],
    ['recursion', { $defs: { a: { properties: { b: { $ref: '#/$defs/a' } } } }, $ref: '#/$defs/a' }, 'is recursive'],
    ['recursion through the root', { properties: { a: { $ref: '#' } } }, 'is recursive'],
    ['a reference to nothing', { $ref: '#/$defs/none' }, 'points to no schema'],
    ['dynamic references', { $dynamicRef: '#a' }, '/$dynamicRef: is not taken'],
    ['unbounded uniqueItems', { items: { uniqueItems: true } }, '/items/uniqueItems: needs maxItems'],
    ['an unknown keyword', { requird: ['a'] }, 'unknown keyword'],
    ['lookahead', { pattern: '^(?=a)b' }, '(?='],
    ['backreferences', { pattern: '(a)\\1' }, 'invalid'],
    ['huge patterns', { pattern: '(a{100}){9}'.repeat(2) }, 'too large'],
    ['asynchronous validation', { $async: true }, '/$async: is not taken'],
  ])('%s', (_, given, expected) => {
    expect(problemsOf(given)).toContain(expected);
  });

  test('grow without bound behind references', () => {
    const $defs: Record<string, unknown> = { d0: { type: 'string' } };
    for (let index = 1; index < 25; index += 1) {
      const $ref = `#/$defs/d${index - 1}`;
      $defs[`d${index}`] = { allOf: [{ $ref }, { $ref }] };
    }
    expect(problemsOf({ $defs, $ref: '#/$defs/d24' })).toContain('once its references are followed');
  });

  test('take long on a hostile payload', () => {
    const patterns = ['^(a+)+$', '^(a|aa)+$', '(.*a){20}$', '^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@)$'];
    const text = `${'a'.repeat(50_000)}!`;
    for (const pattern of patterns) {
      const compiled = compileSchema({
        type: 'object',
        properties: { a: { pattern } },
        patternProperties: { [pattern]: {} },
      });
      const startedAt = performance.now();
      expect(compiled.ok && compiled.validate({ a: text, [text]: 1 }), pattern).toBeTruthy();
      expect(performance.now() - startedAt, pattern).toBeLessThan(1_000);
    }
    const formats = ['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'];
    for (const format of formats) {
      const compiled = compileSchema({ format });
      for (const part of ['a', '1', ':', 'a.', '1:', '%', '-', 'P1', 'a@', '/']) {
        const startedAt = performance.now();
        if (compiled.ok) compiled.validate(`${part.repeat(100_000)}\n`);
        expect(performance.now() - startedAt, `${format} ${part}`).toBeLessThan(1_000);
      }
    }
  });

  test('spend more than its share on patterns', () => {
    const compiled = compileSchema({ items: { pattern: '[ab]*a[ab]{200}c' } });
    const payload = Array.from({ length: 200 }, (_, index) => 'ab'.repeat(2_000) + index + 'c');
    expect(compiled.ok && compiled.validate(payload)).toMatchObject([{ pointer: expect.any(String) }]);
  });

  test('but annotations, internal references and ordinary patterns are taken', () => {
    const taken = compileSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://example.com/invoice',
      title: 'Invoice',
      'x-owner': 'billing',
      example: {},
      $defs: {
        money: { type: 'object', properties: { currency: { pattern: '^[A-Z]{3}$' } }, additionalProperties: false },
      },
      properties: { total: { $ref: '#/$defs/money' }, tax: { $ref: '#/$defs/money' }, at: { format: 'date-time' } },
    });
    expect(taken.ok && taken.validate({ total: { currency: 'EUR' }, at: '2026-01-05T09:00:00Z' })).toBeNull();
    expect(taken.ok && taken.validate({ tax: { currency: 'Euro' } })).toMatchObject([{ pointer: '/tax/currency' }]);
    expect(taken.ok && taken.validate({ tax: { 'a/b': 1 } })).toEqual([
      { pointer: '/tax/a~1b', message: 'is not a known property' },
    ]);
  });
});
