import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeTeam } from '../support/api.ts';
import { operatorKey } from '../support/posthorn-process.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';

test('no secret and no personal data is in any line of the log, at the level trace', async () => {
  const plant = (what: string) => `${what}-${randomBytes(9).toString('hex')}`;
  const planted = {
    payload: plant('payload'),
    header: plant('header'),
    urlQuery: plant('query'),
    idempotencyKey: plant('idem'),
    orderingKey: plant('order'),
    answer: plant('answer'),
    answerHeader: plant('answerheader'),
    wrongKey: plant('wrongkey'),
    rawBody: plant('raw'),
    searched: plant('searched'),
  };
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const masterKey = randomBytes(32).toString('base64');
  const database = await createOwnDatabase();
  const env = { DATABASE_URL: database.url, POSTHORN_LOG_LEVEL: 'trace', POSTHORN_MASTER_KEY: masterKey };
  const { posthorn, api } = await posthornForTest({ env });
  const receiver = await receiverForTest();
  receiver.behave('fails', (_reception, response) => {
    response.writeHead(500, { 'x-personal': planted.answerHeader }).end(planted.answer);
  });
  const { teamId, endpointIds } = await makeTeam(api, {
    types: ['person.moved'],
    endpoints: [
      {
        url: `${receiver.url('fails')}?token=${planted.urlQuery}`,
        eventTypes: ['*'],
        secret,
        headers: { authorization: `Bearer ${planted.header}` },
        retry: { scheduleSeconds: [1], timeoutMs: 5_000 },
      },
      { url: `http://127.0.0.1:1/?token=${planted.urlQuery}`, eventTypes: ['*'], retry: { scheduleSeconds: [] } },
      { url: `http://nowhere.invalid/?token=${planted.urlQuery}`, eventTypes: ['*'], retry: { scheduleSeconds: [] } },
    ],
  });
  const { key } = await api.call<{ key: string }>('POST', `/v1/teams/${teamId}/api-keys`, {
    name: 'app',
    permissions: ['*'],
  });
  const events = `/v1/teams/${teamId}/events`;
  const body = {
    type: 'person.moved',
    payload: { email: planted.payload },
    idempotencyKey: planted.idempotencyKey,
    orderingKey: planted.orderingKey,
  };
  const asKey = { headers: { authorization: `Bearer ${key}` } };
  const posted = await api.ask<{ id: string }>('POST', events, body, asKey);
  expect(posted.status).toBe(202);
  // Everything that goes wrong is where logs tend to quote.
  await api.ask('POST', events, { ...body, payload: { email: 'another' } }, asKey);
  await api.ask('POST', events, { type: planted.payload, payload: planted.payload }, asKey);
  await api.ask('POST', `${events}?type=person.moved&orderingKey=${planted.orderingKey}`, planted.rawBody, {
    headers: { 'content-type': 'text/plain', ...asKey.headers },
  });
  await api.ask('POST', events, body, { headers: { authorization: `Bearer ${planted.wrongKey}` } });
  await api.ask('GET', `${events}?q=${planted.searched}`, undefined, asKey);
  await api.ask('GET', `/v1/teams/${teamId}/nothing?token=${planted.urlQuery}`, undefined, asKey);
  await api.ask('PATCH', `/v1/teams/${teamId}/endpoints/${endpointIds[0]}`, {
    secret: planted.payload,
    url: `ftp://${planted.urlQuery}`,
  });
  await api.ask('POST', `/v1/teams/${teamId}/endpoints/${endpointIds[0]}/secret/rotate`, {
    secret: 'short',
    overlapSeconds: 1,
  });
  await until('all deliveries to be dead', async () => {
    const { data } = await api.call<{ data: unknown[] }>('GET', `/v1/teams/${teamId}/deliveries?state=pending`);
    const dead = await api.call<{ data: unknown[] }>('GET', `/v1/teams/${teamId}/deliveries?state=dead`);
    return data.length === 0 && dead.data.length >= 3;
  });
  await posthorn.end('SIGTERM');

  const output = posthorn.output();
  expect(output).toMatch(/attempt failed/);
  const password = String(database.config.password ?? new URL(database.url).password);
  const forbidden = { ...planted, secret, secretBytes: secret.slice(6), key, operatorKey, masterKey, password };
  const lines = output.split('\n');
  for (const [what, value] of Object.entries(forbidden)) {
    expect(
      lines.filter((line) => line.includes(value) || line.includes(encodeURIComponent(value))),
      what,
    ).toEqual([]);
  }
}, 60_000);
