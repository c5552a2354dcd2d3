import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEndpointHealth } from '../../src/endpoints/endpoint-health.ts';
import { masterKeyId } from '../../src/sealing/sealed-blob.rules.ts';
import { anEndpoint } from '../support/delivery-parts.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { type AuditStand, openAuditStand } from './audit-stand.ts';

let stand: AuditStand;
beforeAll(async () => {
  stand = await openAuditStand();
});
afterAll(() => stand.close());

test('an endpoint that Posthorn disables itself is on record, with what it was before', async () => {
  const team = await stand.createTeam();
  const body = { url: 'https://receiver.example/', eventTypes: ['*'] };
  const made = await stand.call('POST', `/v1/teams/${team}/endpoints`, { body });
  const { id } = made.body as { id: string };
  const errors: unknown[] = [];
  let disabled = 0;
  const health = createEndpointHealth({
    database: stand.database,
    now: () => Date.now(),
    onDisabled: () => {
      disabled += 1;
    },
    onTold: () => undefined,
    onError: (error) => errors.push(error),
  });
  health.gone(anEndpoint({ teamId: team, id }));
  await until('it to be disabled', () => disabled === 1);
  const shown = await stand.call('GET', `/v1/teams/${team}/endpoints/${id}`);
  expect(shown.body).toMatchObject({ status: 'disabled', statusReason: 'the endpoint answered 410 Gone' });
  expect((await stand.entries(team)).slice(2)).toMatchObject([
    {
      action: 'endpoint.disabled',
      actor: { kind: 'posthorn', id: null },
      target: { kind: 'endpoint', id },
      before: { status: 'active', statusReason: null },
      after: { status: 'disabled', statusReason: 'the endpoint answered 410 Gone' },
      address: null,
      requestId: null,
    },
  ]);
  expect(errors).toEqual([]);
});

test('what is done to sealed values at the command line is on record before it begins and when it has ended', async () => {
  await stand.audit.services.signer();
  const newKey = randomBytes(32);
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(POSTHORN_|DATABASE_URL$|VITEST|NODE_ENV$)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    DATABASE_URL: databaseUrlOf(stand.databaseConfig),
    POSTHORN_MASTER_KEY: [newKey, stand.masterKey].map((key) => key.toString('base64')).join(','),
  };
  const cwd = join(import.meta.dirname, '../..');
  await promisify(execFile)(process.execPath, ['src/cli/posthorn.ts', 'keys', 'rewrap'], { cwd, env });
  const [id, old] = [newKey, stand.masterKey].map((key) => masterKeyId(key).toString('hex')) as [string, string];
  const target = { kind: 'master-key', id };
  const actor = { kind: 'command-line', id: null, memberId: null };
  expect((await stand.entries(null)).slice(-2)).toMatchObject([
    { action: 'keys.rewrap-started', actor, target, after: { opening: [old] }, outcome: 'succeeded' },
    // The key of the audit log, and the secret of the endpoint.
    { action: 'keys.rewrapped', actor, target, after: { moved: 2, damaged: 0 }, outcome: 'succeeded' },
  ]);
});
