import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { packageBin } from '../../scripts/package-bin.ts';
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
async function compileReceiver(folder: string): Promise<void> {
  writeFileSync(join(folder, 'application.mts'), typedApplication);
  writeFileSync(join(folder, 'declarations.mts'), "export * from 'posthorn/receiver';\n");
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
      { files: ['application.mts'], skipLibCheck: true },
      { files: ['declarations.mts'], skipLibCheck: false },
    ]) {
      writeFileSync(join(folder, 'tsconfig.json'), tsconfig(about, modules));
      await npm(folder, process.execPath, packageBin('typescript', 'tsc'), '-p', folder);
    }
  }
}

test('the packed package installs into an empty folder, runs there, and can be received with', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-package-'));
  try {
    const packed = await npm(projectRoot, 'npm', 'pack', '--json', '--loglevel=error', `--pack-destination=${folder}`);
    const files = [...packed.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path);
    expect(files).toContain('dist/cli/posthorn.js');
    expect(files).toContain('dist/receiver/index.js');
    expect(files).toContain('dist/receiver/index.d.ts');
    expect(files).toContain('dist/database/migrations/0001_foundation.sql');
    expect(files.filter((path) => /\.test\.|^(src|tests|bench)\//.test(path ?? ''))).toEqual([]);

    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    await npm(folder, 'npm', 'install', ...quiet, `./posthorn-${version}.tgz`);
    const answer = await npm(folder, 'npx', '--no-install', 'posthorn', '--version');
    expect(answer.trim().split('\n').at(-1)).toBe(version);

    await runReceiver(folder);
    await compileReceiver(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
