import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { problemCodes } from '../problem.ts';

type Operation = {
  operationId: string;
  summary: string;
  tags: string[];
  security: unknown[];
  responses: Record<string, unknown>;
  parameters?: { name: string; in: string; required?: boolean }[];
};

let api: TestApi;
let document: { openapi: string; paths: Record<string, Record<string, Operation>>; tags: { name: string }[] };

beforeAll(async () => {
  api = await createTestApi();
  document = (await api.call('GET', '/openapi.json', { key: null })).body;
});
afterAll(() => api[Symbol.asyncDispose]());

const operations = (): { at: string; operation: Operation }[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
  );

describe('the OpenAPI document', () => {
  test('is 3.1, and every call has a summary, a tag, an own id, a success and its problems', () => {
    expect(document.openapi).toBe('3.1.0');
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { at, operation } of operations()) {
      expect(operation.summary, at).toMatch(/^[A-Z].*[^.]$/);
      expect(
        document.tags.map(({ name }) => name),
        at,
      ).toContain(operation.tags[0]);
      expect(
        Object.keys(operation.responses).some((status) => status.startsWith('2')),
        at,
      ).toBe(true);
      expect(operation.responses, at).toMatchObject({ 401: { content: { 'application/problem+json': {} } } });
      expect(operation.security, at).toEqual([{ apiKey: [] }]);
    }
  });

  test('tells of conflicts of calls without a body too', () => {
    const changes = operations().filter(({ at }) => !at.startsWith('get '));
    expect(changes.length).toBeGreaterThan(5);
    for (const { at, operation } of changes) expect(Object.keys(operation.responses), at).toContain('409');
  });

  test('asks for nothing that has a default', () => {
    const limit = document.paths['/v1/teams']?.['get']?.parameters?.find(({ name }) => name === 'limit');
    expect(limit).toMatchObject({ in: 'query' });
    expect(limit?.required).not.toBe(true);
  });

  test('every path parameter stands in its path', () => {
    for (const { at, operation } of operations()) {
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
      const named = [...at.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(new Set(inPath), at).toEqual(new Set(named));
    }
  });

  test('the answers that the API gives have the shape that it documents', async () => {
    const team = await api.call('POST', '/v1/teams', { body: { name: 'Acme' } });
    const schema = document.paths['/v1/teams']?.['post']?.responses['201'] as {
      content: Record<string, { schema: { properties: object } }>;
    };
    expect(Object.keys(team.body).sort()).toEqual(
      Object.keys(schema.content['application/json']?.schema.properties ?? {}).sort(),
    );
  });
});

describe('the reference pages', () => {
  test.each(['/docs', '/docs/problems'])('%s works without script, inline style and other hosts', async (path) => {
    const { text, headers, status } = await api.call('GET', path, { key: null });
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toContain("default-src 'none'; style-src 'self'");
    expect(text).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|<iframe/);
    const loaded = [...text.matchAll(/(?:src|<link[^>]*href)="([^"]*)"/g)].map((match) => match[1]);
    expect(loaded).toEqual(['/docs/style.css', 'data:,']);
    const links = [...text.matchAll(/<a href="([^"]*)"/g)].map((match) => match[1] ?? '');
    for (const link of links) {
      if (link.startsWith('#')) expect(text, link).toContain(`id="${link.slice(1)}"`);
      else expect((await api.call('GET', link, { key: null })).status, link).toBe(200);
    }
  });

  test('show every call and every problem code', async () => {
    const reference = (await api.call('GET', '/docs')).text;
    for (const { operation } of operations()) expect(reference).toContain(`<article id="${operation.operationId}">`);
    const problems = (await api.call('GET', '/docs/problems')).text;
    for (const code of Object.keys(problemCodes)) expect(problems).toContain(`<tr id="${code}">`);
  });
});
