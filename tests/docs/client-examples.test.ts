import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageBin } from '../../scripts/package-bin.ts';
import * as client from '../../src/client/client.ts';
import {
  type Answered,
  connectionId,
  type Egress,
  key,
  type ProviderCall,
  startEgress,
} from '../client/egress-server.ts';
import { blockOf, pageAt, root, tableRows } from './pages.ts';

const run = promisify(execFile);
const page = pageAt('docs/client.md');
const roles = ['fetch', 'documenso', 'docusign', 'goroute', 'bulk'] as const;
/** An application's folder: the built client is among its packages. */
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'posthorn-clients-')));
  const installed = join(folder, 'node_modules', 'posthorn');
  mkdirSync(installed, { recursive: true });
  await run(process.execPath, ['scripts/build.ts', '--client', join(installed, 'dist')], { cwd: root });
  const exported = { './client': { types: './dist/client/client.d.ts', default: './dist/client/client.js' } };
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'posthorn', type: 'module', exports: exported }),
  );
  for (const name of ['p-queue', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const role of roles) writeFileSync(join(folder, `${role}.mts`), blockOf(page, 'ts', role));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program of the page prints. */
async function printed(role: (typeof roles)[number], answer: (call: ProviderCall) => Answered | Promise<Answered>) {
  const egress: Egress = await startEgress(answer);
  const settings = { POSTHORN_URL: egress.url, POSTHORN_KEY: key, CONNECTION: connectionId, ACCOUNT: 'acc-1' };
  const env = { ...process.env, ...settings, NODE_OPTIONS: '', NO_COLOR: '1' };
  const { stdout, stderr } = await run(process.execPath, [`${role}.mts`], { cwd: folder, env });
  return { stdout, stderr, calls: egress.calls.map(({ method, path }) => `${method} ${path}`) };
}

describe('docs/client.md', () => {
  it('fetches through a connection', async () => {
    const { stdout } = await printed('fetch', ({ query }) => ({ json: { data: [], asked: query.get('status') } }));
    expect(stdout).toBe("200 call_1 { data: [], asked: 'COMPLETED' }\n");
  });

  it('sends a document of a template, and downloads it', async () => {
    const { stdout, calls } = await printed('documenso', async ({ path, body }) => {
      await body();
      if (path.endsWith('/use')) return { json: { id: 'envelope_1', recipients: [{ id: 1 }] } };
      if (path.endsWith('/download')) return { body: '%PDF' };
      return { json: { id: 'envelope_1', status: 'COMPLETED', envelopeItems: [{ id: 'i' }] } };
    });
    expect(stdout).toBe('sent envelope_1 1\nsigned 4\n');
    expect(calls).toHaveLength(3);
  });

  it('sends an envelope, opens a view, and downloads', async () => {
    const { stdout, calls } = await printed('docusign', async ({ path, body }) => {
      await body();
      if (path.endsWith('/recipient')) return { status: 201, json: { url: 'https://demo.docusign.net/s?t=1' } };
      if (path.endsWith('/combined')) return { body: '%PDF' };
      return { status: 201, json: { envelopeId: 'e-1', status: 'sent' } };
    });
    expect(stdout).toBe('to sign e-1 demo.docusign.net\nsigned 4\n');
    expect(calls[0]).toBe('POST /v2.1/accounts/acc-1/envelopes');
  });

  it('sends an invoice, and tells a refusal from the rest', async () => {
    const lookup = { json: { found: true } };
    const sent = await printed('goroute', ({ method }) =>
      method === 'GET' ? lookup : { json: { transaction_id: 't-1', status: 'pending' } },
    );
    expect(sent.stdout).toBe('registered true\nsent t-1\n');
    const refused = await printed('goroute', ({ method }) =>
      method === 'GET' ? lookup : { status: 422, json: { error: { code: 'VALIDATION_ERROR' } } },
    );
    expect(refused.stdout).toBe('registered true\nrefused VALIDATION_ERROR call_2\n');
  });

  it('makes many documents, each once, through limits, timeouts after which it was made, and those before', async () => {
    const made = new Map<string, string>();
    const faults = ['limited', 'late but made', 'late', 'fine'];
    const { stdout, stderr } = await printed('bulk', async ({ path, body }) => {
      const text = String(await body());
      if (path === '/api/v2/envelope') {
        const data = [...made].map(([externalId, id]) => ({ id, externalId, createdAt: new Date().toISOString() }));
        return { json: { data, totalPages: 1 } };
      }
      const id = /"externalId":"([^"]+)"/.exec(text)?.[1] ?? '';
      expect(made.has(id)).toBe(false);
      const fault = faults.shift() ?? 'fine';
      if (fault === 'limited') return { problem: 'budget_exhausted', status: 429, retryAfterSeconds: 1 };
      if (fault !== 'late') made.set(id, `envelope_${id}`);
      if (fault !== 'fine') return { problem: 'provider_timeout', status: 504 };
      return { json: { id: `envelope_${id}`, recipients: [] } };
    });
    expect(stdout).toBe('made 25\n');
    expect(made.size).toBe(25);
    expect(stderr).toContain('25/25, 0 ms left');
  });

  it('has TypeScript that compiles', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const compiling = run(process.execPath, [packageBin('typescript', 'tsc'), '-p', folder], { cwd: folder });
    expect(await compiling).toMatchObject({ stdout: '', stderr: '' });
  });

  it('names every error that is thrown, with every field that it has', () => {
    const documented = Object.fromEntries(
      tableRows(page, 'error').map(([name = '', , fields = '']) => [name, fields.match(/\w+/g) ?? []]),
    );
    const verdict = { retryable: true, mayRepeat: true, permanent: false, retryAfterMs: null, callId: null };
    const told = { provider: 'p', operation: 'o', status: 500, code: null, body: null };
    const errors = [
      new client.PosthornError('c', 'm', verdict),
      new client.ProviderError({ ...verdict, ...told }),
      new client.NotCompletedError('d', 's'),
      new TypeError('t'),
    ];
    const fieldsOf = (error: Error): string[] => [
      ...Object.keys(error).filter((name) => name !== 'name'),
      ...Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(error))).filter((name) => name === 'body'),
    ];
    expect(Object.keys(documented)).toEqual(errors.map(({ name }) => name));
    for (const error of errors) expect(documented[error.name]!.toSorted()).toEqual(fieldsOf(error).toSorted());
  });

  it('names every function of the providers', () => {
    const posthorn = client.createPosthorn({ url: 'http://127.0.0.1:1', key });
    const functions = [
      posthorn.documenso(connectionId),
      posthorn.docusign(connectionId, { accountId: 'a' }),
      posthorn.goroute(connectionId),
    ].flatMap((provider) => Object.keys(provider));
    const named = [...page.text.matchAll(/^\| (`\w+\(.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)\(/g)].map(([, name = '']) => name),
    );
    expect(named.toSorted()).toEqual(functions.toSorted());
  });
});
