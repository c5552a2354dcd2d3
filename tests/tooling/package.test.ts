import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { packageBin } from '../../scripts/package-bin.ts';
import { connectionId, key, startEgress } from '../client/egress-server.ts';
import { projectRoot, runCommand } from './plant.ts';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };

/** A user's environment: neither this project's commands on the PATH nor what npm tells its scripts. */
function usersEnvironment(): NodeJS.ProcessEnv {
  const ours = /^npm_(lifecycle|package|command|config_local_prefix|config_prefix)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes(`node_modules${sep}.bin`));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

async function npm(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, output } = await runCommand(command, args, { cwd, env: usersEnvironment(), timeoutMs: 150_000 });
  expect({ code, output }).toEqual({ code: 0, output });
  return output;
}

/** An application that receives, in JavaScript: it verifies what it signs itself, and is loaded without the server. */
const application = `
import { createHmac } from 'node:crypto';
import * as receiver from 'posthorn/receiver';

const key = Buffer.alloc(32, 7);
const timestamp = String(Math.floor(Date.now() / 1000));
const signature = createHmac('sha256', key).update('evt_1.' + timestamp + '.{}').digest('base64');
const headers = {
  'webhook-id': 'evt_1',
  'webhook-timestamp': timestamp,
  'webhook-signature': 'v1,' + signature,
  'posthorn-event-type': 'invoice.paid',
};
const { id, type } = receiver.verify('{}', headers, 'whsec_' + key.toString('base64'));
console.log(JSON.stringify({ id, type, exported: Object.keys(receiver).sort() }));
`;

/** The same in TypeScript, with the types of the frameworks; what must not compile is said to be an error. */
const typedApplication = `
import express from 'express';
import { fastify } from 'fastify';
import { consume, expressHandler, fastifyHandler, fetchHandler, memoryStore, postgresStore } from 'posthorn/receiver';
import { type FeedEvent, type ReceiverOptions, type VerifiedWebhook, verify } from 'posthorn/receiver';

const options: ReceiverOptions = {
  secret: ['whsec_a', 'whsec_b'],
  store: memoryStore({ maxIds: 10 }),
  onEvent: async (event) => {
    const { id, attempt, timestamp, body }: VerifiedWebhook = event;
    await Promise.resolve([id.toUpperCase(), attempt.toFixed(), timestamp.getTime(), body.toString('utf8')]);
  },
};
postgresStore({ query: async (text, values) => ({ rows: [{ text, values }] }) });
express().post('/webhooks', expressHandler(options));
await fastify().register(fastifyHandler(options), { prefix: '/webhooks' });
export const POST: (request: Request) => Promise<Response> = fetchHandler({ ...options, mode: 'before' });
export const handler = express().post('/verify', express.raw({ type: '*/*' }), (request, response) => {
  response.json(verify(request.body as Buffer, request.headers, 'whsec_a').data);
});
for await (const event of consume({ url: 'http://x', team: 't', key: 'k', consumer: 'c' })) {
  const { id, acceptedAt }: FeedEvent = event;
  console.log(id.length, acceptedAt.getTime());
}
await consume({ url: 'http://x', team: 't', key: 'k', consumer: 'c', onEvent: ({ payload }) => console.log(payload) });

// @ts-expect-error -- a secret is needed
expressHandler({ onEvent: () => undefined });
// @ts-expect-error -- the mode has no such name
fetchHandler({ ...options, mode: 'sometimes' });
`;

/** An application that calls: through a connection, through a provider's functions, and many at once. */
const callingApplication = `
import * as client from 'posthorn/client';

const { bulk, posthorn } = client;
const [url, key, id] = process.argv.slice(2);
posthorn.configure({ url, key });
const response = await posthorn.connection(id).fetch('/health');
const goroute = posthorn.goroute(id);
const results = await bulk(['1', '2'], (invoice) => goroute.send({ id: invoice, document: '<a/>' }));
const sent = results.map(({ ok }) => ok);
console.log(JSON.stringify({ status: response.status, sent, exported: Object.keys(client).sort() }));
`;

const typedCallingApplication = `
import { bulk, createPosthorn, type Envelope, posthorn, PosthornError, ProviderError } from 'posthorn/client';

posthorn.configure({ url: process.env['POSTHORN_URL'], key: process.env['POSTHORN_KEY'] });
const documenso = createPosthorn({ url: new URL('http://x'), key: 'k' }).documenso('con_1');
const made: { id: string } = await documenso.create({ title: 't', files: [{ name: 'a.pdf', content: new Blob([]) }] });
const signed: Response = await documenso.download(made.id, { version: 'signed' });
for await (const envelope of documenso.list({ status: 'COMPLETED' })) {
  const { externalId, status }: Envelope = envelope;
  console.log(externalId?.length, status.toLowerCase(), signed.status);
}
const answer: Response = await posthorn.connection('con_1').fetch('/a', { method: 'POST', body: 'x' });
await posthorn.docusign('con_1', { accountId: 'a' }).void('e', 'why');
const results = await bulk(new Set(['a', 'b']), async (item, { attempt }) => item.length + attempt, { concurrency: 2 });
for (const result of results) {
  if (result.ok) console.log(result.value.toFixed(), result.item.toUpperCase(), answer.ok);
  else if (result.error instanceof ProviderError) console.log(result.error.permanent, result.error.body);
  else if (result.error instanceof PosthornError) console.log(result.error.retryAfterMs?.toFixed(), result.error.problem?.code);
}

// @ts-expect-error -- an account is needed
posthorn.docusign('con_1');
// @ts-expect-error -- there is no such status
documenso.list({ status: 'DONE' });
// @ts-expect-error -- a failure has no value
results.map((result) => result.value);
`;

async function runClient(folder: string): Promise<void> {
  const { url } = await startEgress(() => ({ json: { transaction_id: 't', status: 'pending' } }));
  writeFileSync(join(folder, 'calling.mjs'), callingApplication);
  const printed = await npm(folder, process.execPath, 'calling.mjs', url, key, connectionId);
  expect(JSON.parse(printed)).toEqual({
    status: 200,
    sent: [true, true],
    exported: [
      'BulkStoppedError',
      'NotCompletedError',
      'PosthornError',
      'ProviderError',
      'bulk',
      'createPosthorn',
      'posthorn',
    ],
  });
}

async function runReceiver(folder: string): Promise<void> {
  writeFileSync(join(folder, 'application.mjs'), application);
  const ran = JSON.parse(await npm(folder, process.execPath, 'application.mjs')) as { id: string; exported: string[] };
  expect(ran).toMatchObject({ id: 'evt_1', type: 'invoice.paid' });
  expect(ran.exported).toEqual([
    'PosthornError',
    'WebhookVerificationError',
    'consume',
    'expressHandler',
    'fastifyHandler',
    'fetchBody',
    'fetchHandler',
    'memoryStore',
    'postgresStore',
    'verify',
  ]);
}

/** With a bundler's way of finding modules and with Node's; the declarations themselves are checked too. */
async function compileBoth(folder: string): Promise<void> {
  writeFileSync(join(folder, 'application.mts'), typedApplication);
  writeFileSync(join(folder, 'calling.mts'), typedCallingApplication);
  // Both export a PosthornError of their own.
  writeFileSync(join(folder, 'declarations.mts'), "export * from 'posthorn/receiver';\n");
  writeFileSync(join(folder, 'calling-declarations.mts'), "export * from 'posthorn/client';\n");
  const types = join(projectRoot, 'node_modules', '@types');
  const tsconfig = (about: { files: string[]; skipLibCheck: boolean }, modules: object): string =>
    JSON.stringify({
      compilerOptions: {
        ...modules,
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        target: 'es2024',
        types: ['node'],
        typeRoots: [types],
        paths: { express: [join(types, 'express')] },
        skipLibCheck: about.skipLibCheck,
      },
      files: about.files,
    });
  for (const modules of [{ module: 'nodenext' }, { module: 'esnext', moduleResolution: 'bundler' }]) {
    for (const about of [
      { files: ['application.mts', 'calling.mts'], skipLibCheck: true },
      { files: ['declarations.mts', 'calling-declarations.mts'], skipLibCheck: false },
    ]) {
      writeFileSync(join(folder, 'tsconfig.json'), tsconfig(about, modules));
      await npm(folder, process.execPath, packageBin('typescript', 'tsc'), '-p', folder);
    }
  }
}

test('the packed package installs into an empty folder, runs there, and can be received and called with', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-package-'));
  try {
    const packed = await npm(projectRoot, 'npm', 'pack', '--json', '--loglevel=error', `--pack-destination=${folder}`);
    const files = [...packed.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path);
    expect(files).toContain('dist/cli/posthorn.js');
    expect(files).toContain('dist/receiver/index.js');
    expect(files).toContain('dist/receiver/index.d.ts');
    expect(files).toContain('dist/client/client.js');
    expect(files).toContain('dist/client/client.d.ts');
    expect(files).toContain('dist/database/migrations/0001_foundation.sql');
    const linked = [...readFileSync(join(projectRoot, 'README.md'), 'utf8').matchAll(/\]\(([\w./-]+\.md)/g)];
    for (const [, page] of linked) expect(files).toContain(page);
    expect(files.filter((path) => /\.test\.|^(src|tests|bench)\//.test(path ?? ''))).toEqual([]);

    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    await npm(folder, 'npm', 'install', ...quiet, `./posthorn-${version}.tgz`);
    const answer = await npm(folder, 'npx', '--no-install', 'posthorn', '--version');
    expect(answer.trim().split('\n').at(-1)).toBe(version);

    await runReceiver(folder);
    await runClient(folder);
    await compileBoth(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
