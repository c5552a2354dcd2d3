import type { LightMyRequestResponse } from 'fastify';
import { expect, test } from 'vitest';
import { createRouteServer } from '../../tests/support/route-server.ts';
import { eventIntakeRoutes } from './event-intake.routes.ts';

const accepted = {
  id: 'evt_1',
  type: 'a.b',
  acceptedAtMs: 0,
  deliveries: 0,
  deliveryIds: [],
  duplicate: false,
  conflict: false,
};

async function post(path: string, headers: Record<string, string>): Promise<LightMyRequestResponse> {
  const intake = {
    postJson: () => Promise.resolve(accepted),
    postBatch: () => Promise.resolve([accepted]),
    postRaw: () => Promise.resolve(accepted),
  };
  const app = await createRouteServer(eventIntakeRoutes({ intake }));
  const payload = JSON.stringify({ events: [] });
  const answer = await app.inject({ method: 'POST', url: `/v1/teams/team_1/${path}`, headers, payload });
  await app.close();
  return answer;
}

test('a batch with one key for all of it is refused: passed over, the same batch would be accepted twice', async () => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'one' };
  const answer = await post('events/batch', headers);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining('each event') });
});

test('a compressed body is refused: it would be sent on without the header that says so', async () => {
  for (const path of ['events', 'events/batch', 'events?type=a.b']) {
    const answer = await post(path, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(answer.statusCode, path).toBe(415);
    expect(answer.json(), path).toMatchObject({ code: 'unsupported_media_type' });
    const plain = await post(path, { 'content-type': 'application/json', 'content-encoding': 'identity' });
    expect(plain.statusCode, path).toBe(202);
  }
});
