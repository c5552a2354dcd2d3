/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-assignment -- answers are JSON of every shape */
import { expect, test } from 'vitest';
import type { WriteStand } from './write-stand.ts';

/** What is configured: teams, keys, endpoints, sources, connections, the archive, members and declarations. */
export function testWritesOfConfiguration(stand: WriteStand): void {
  const { step, last, said, ask, planted } = stand;

  test('of teams and api keys leaves one entry', async () => {
    const made = await step('POST /v1/teams', 'team.created', '/v1/teams', { name: 'Acme' });
    const path = `/v1/teams/${made.body.id}`;
    await step('PATCH /v1/teams/:team', 'team.updated', path, { name: 'Acme 2' });
    expect(last()).toMatchObject({ before: { name: 'Acme' }, after: { name: 'Acme 2' } });
    const keys = `${path}/api-keys`;
    const key = await step('POST /v1/teams/:team/api-keys', 'api-key.created', keys, { name: 'k', permissions: ['*'] });
    expect(last()).toMatchObject({ target: { id: key.body.id }, after: { permissions: ['*'], secretShown: true } });
    expect(JSON.stringify(last())).not.toContain(key.body.key);
    await step('DELETE /v1/teams/:team/api-keys/:apiKey', 'api-key.revoked', `${keys}/${key.body.id}`);
    await step('DELETE /v1/teams/:team', 'team.deleted', path);
    expect(last()).toMatchObject({ before: { name: 'Acme 2' }, after: null });
  });

  test('of event types and endpoints leaves one entry, and no secret', async () => {
    const { history } = stand;
    await step('POST /v1/teams/:team/event-types', 'event-type.created', `${stand.at}/event-types`, {
      name: 'invoice.paid',
      example: { to: planted },
    });
    const type = `${stand.at}/event-types/invoice.paid`;
    await step('PATCH /v1/teams/:team/event-types/:name', 'event-type.updated', type, {
      example: { to: `${planted}2` },
    });
    const made = await step('POST /v1/teams/:team/endpoints', 'endpoint.created', `${stand.at}/endpoints`, {
      url: `http://127.0.0.1:1/hook?token=${planted}`,
      eventTypes: ['*'],
      headers: { 'x-key': planted },
      status: 'paused',
    });
    expect(last()).toMatchObject({ after: { url: 'http://127.0.0.1:1/hook?token=***', headerNames: ['x-key'] } });
    const endpoint = `${stand.at}/endpoints/${made.body.id}`;
    await step('PATCH /v1/teams/:team/endpoints/:endpoint', 'endpoint.updated', endpoint, {
      headers: { 'x-key': `${planted}3` },
      concurrency: 2,
    });
    expect(last()).toMatchObject({
      before: { concurrency: 8, headerValues: '***' },
      after: { concurrency: 2, headerValues: '***' },
    });
    const rotated = await step(
      'POST /v1/teams/:team/endpoints/:endpoint/secret/rotate',
      'endpoint.secret-rotated',
      `${endpoint}/secret/rotate`,
      { overlapSeconds: 60 },
    );
    for (const secret of [made.body.secret, rotated.body.secret]) expect(JSON.stringify(said)).not.toContain(secret);
    await step('POST /v1/teams/:team/endpoints/:id/test', 'endpoint.tested', `${endpoint}/test`, {
      eventType: 'invoice.paid',
    });
    const endpointId = made.body.id as string;
    const ended = await history.delivery({ endpointId, state: 'dead' });
    await history.delivery({ endpointId, state: 'dead' });
    await step(
      'POST /v1/teams/:team/deliveries/:id/resend',
      'delivery.resent',
      `${stand.at}/deliveries/${ended}/resend`,
    );
    expect(last()).toMatchObject({ before: { state: 'dead' }, after: { state: 'pending' } });
    const cancel = `${stand.at}/deliveries/${ended}/cancel`;
    await step('POST /v1/teams/:team/deliveries/:id/cancel', 'delivery.cancelled', cancel);
    expect(last()).toMatchObject({ before: { state: 'pending' }, after: { state: 'cancelled' } });
    await step('POST /v1/teams/:team/endpoints/:id/recover', 'replay.created', `${endpoint}/recover`, {
      since: new Date(Date.now() - 60_000).toISOString(),
      states: ['succeeded'],
    });
    // Two chosen, and one page of one in a thousand seconds: it runs until it is stopped.
    for (let made3 = 0; made3 < 3; made3 += 1) await history.delivery({ endpointId, state: 'dead' });
    const replay = await step('POST /v1/teams/:team/replays', 'replay.created', `${stand.at}/replays`, {
      filter: { endpoint: endpointId },
      ratePerSecond: 0.001,
    });
    expect(last()).toMatchObject({ after: { ratePerSecond: 0.001, filter: { endpointId } } });
    const { filter } = last().after as { filter: { untilMs: number } };
    expect(Number.isInteger(filter.untilMs)).toBe(true);
    const stop = `${stand.at}/replays/${replay.body.id}/cancel`;
    await step('POST /v1/teams/:team/replays/:id/cancel', 'replay.cancelled', stop);
    expect(last()).toMatchObject({ before: { state: 'running' }, after: { state: 'cancelled' } });
    await step('DELETE /v1/teams/:team/endpoints/:endpoint', 'endpoint.deleted', endpoint);
    await step('DELETE /v1/teams/:team/event-types/:name', 'event-type.deleted', type);
  });

  test('of sources, connections and the archive leaves one entry, and no secret', async () => {
    const source = await step('POST /v1/teams/:team/sources', 'source.created', `${stand.at}/sources`, {
      provider: 'documenso',
      name: 'Contracts',
      credentials: [{ value: planted }],
    });
    const sourcePath = `${stand.at}/sources/${source.body.id}`;
    await step('PATCH /v1/teams/:team/sources/:source', 'source.updated', sourcePath, {
      credentials: [{ name: '1' }, { name: 'next', value: `${planted}4` }],
    });
    expect(last()).toMatchObject({
      before: { credentials: [{ name: '1' }] },
      after: { credentials: [{ name: '1' }, { name: 'next' }] },
    });
    const connection = await step('POST /v1/teams/:team/connections', 'connection.created', `${stand.at}/connections`, {
      provider: 'documenso',
      environment: 'sandbox',
      name: 'Contracts',
      baseUrl: 'http://127.0.0.1:1/api/v2',
      selfHosted: true,
      credentials: [{ fields: { token: `api_${planted}` } }],
    });
    const connectionPath = `${stand.at}/connections/${connection.body.id}`;
    await step('PATCH /v1/teams/:team/connections/:connection', 'connection.updated', connectionPath, {
      credentials: [{ fields: { token: `api_${planted}5` } }],
    });
    const check = 'POST /v1/teams/:team/connections/:connection/check';
    await step(check, 'connection.checked', `${connectionPath}/check`);
    const probes = 'POST /v1/teams/:team/connections/:connection/closing-probes';
    await step(probes, 'connection.closing-probes-run', `${connectionPath}/closing-probes`);
    const job = await step('POST /v1/teams/:team/archive', 'archive-job.created', `${stand.at}/archive`, {
      connection: connection.body.id as string,
      subject: 'envelope_1',
    });
    const retry = `${stand.at}/archive/jobs/${job.body.id}/retry`;
    await step('POST /v1/teams/:team/archive/jobs/:job/retry', 'archive-job.retried', retry);
    const verify = `${stand.at}/archive/verify`;
    await step('POST /v1/teams/:team/archive/verify', 'archive.verification-requested', verify, { all: true });
    await step('DELETE /v1/teams/:team/connections/:connection', 'connection.deleted', connectionPath);
    await step('DELETE /v1/teams/:team/sources/:source', 'source.deleted', sourcePath);
  });

  test('of members and those who sign leaves one entry, and no name', async () => {
    const members = `${stand.at}/members`;
    const owner = await step('POST /v1/teams/:team/members', 'member.added', members, {
      name: planted,
      email: 'owner@example.com',
      role: 'owner',
    });
    const member = `${members}/${owner.body.id}`;
    await step('PUT /v1/teams/:team/signers/:duty', 'signers.named', `${stand.at}/signers/security`, {
      members: [owner.body.id as string],
    });
    const other = { name: `${planted}6`, email: 'second@example.com', role: 'owner' };
    expect((await ask('POST', members, other)).status).toBe(201);
    await step('PATCH /v1/teams/:team/members/:member', 'member.changed', member, { role: 'viewer' });
    expect(last()).toMatchObject({ before: { role: 'owner' }, after: { role: 'viewer' } });
    await step('DELETE /v1/teams/:team/members/:member', 'member.removed', member);
    expect(JSON.stringify(said)).not.toContain('@example.com');
  });

  test('of declarations leaves one entry, and no name', async () => {
    await step('PUT /v1/teams/:team/declarations', 'declarations.changed', `${stand.at}/declarations`, {
      version: 0,
      parts: { traffic: { eventsPerSecond: 5 }, legalEntity: { name: planted, country: 'NO', identifiers: [] } },
    });
    expect(last()).toMatchObject({ before: { version: 0 }, after: { version: 1, traffic: { eventsPerSecond: 5 } } });
  });
}
