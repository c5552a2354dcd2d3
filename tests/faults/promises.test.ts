import { describe, expect, test } from 'vitest';
import { type Api, type EndpointInput, makeTeam } from '../support/api.ts';
import type { JournalReceiver } from '../support/journal-receiver.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';

const types = ['thing.made'];

async function startStand(endpoints: (receiver: JournalReceiver) => EndpointInput[]) {
  const database = await createOwnDatabase();
  const { api } = await posthornForTest({ env: { DATABASE_URL: database.url } });
  const receiver = await receiverForTest();
  const { teamId, endpointIds } = await makeTeam(api, { types, endpoints: endpoints(receiver) });
  return { api, receiver, teamId, endpointIds };
}

async function postMany(api: Api, teamId: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, number) => ({ type: 'thing.made', payload: { number } }));
  const { data } = await api.call<{ data: { id: string }[] }>('POST', `/v1/teams/${teamId}/events/batch`, { events });
  return data.map(({ id }) => id);
}

function count(api: Api, teamId: string, endpointId: string, state: string): Promise<number> {
  const path = `/v1/teams/${teamId}/deliveries?endpoint=${endpointId}&state=${state}&limit=100`;
  return api.call<{ data: unknown[] }>('GET', path).then(({ data }) => data.length);
}

type Shown = { state: string; attempts: { status: number | null }[] };
async function onlyDelivery(api: Api, teamId: string, eventId: string): Promise<Shown> {
  const { data } = await api.call<{ data: { id: string }[] }>('GET', `/v1/teams/${teamId}/deliveries?event=${eventId}`);
  return api.call<Shown>('GET', `/v1/teams/${teamId}/deliveries/${data[0]?.id}`);
}

describe('what an endpoint is promised', () => {
  test('its rate limit is kept, and used (convoy 1927)', async () => {
    const perSecond = 20;
    const { api, receiver, teamId } = await startStand((to) => [
      { url: to.url('limited'), eventTypes: types, rateLimit: { perSecond } },
    ]);
    const events = await postMany(api, teamId, 100);
    await until('all of them', () => receiver.of('limited').length === events.length, { deadlineMs: 60_000 });
    const times = receiver.of('limited').map(({ atMs }) => atMs);
    // A bucket of a tenth of a second's tokens: what leaves in a time cannot be more than flows in, and that. A late
    // first arrival may make the time look shorter by its delay, so a fifth is forgiven.
    const leastMs = ((events.length - 1 - perSecond / 10) / perSecond) * 1000;
    expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(leastMs * 0.8);
  }, 90_000);

  test('one that hangs takes its own places and nobody else’s', async () => {
    const { api, receiver, teamId } = await startStand((to) => [
      { url: to.url('hangs'), eventTypes: types, concurrency: 4, retry: { timeoutMs: 120_000 } },
      { url: to.url('healthy'), eventTypes: types },
    ]);
    receiver.behave('hangs', () => undefined);
    const events = await postMany(api, teamId, 300);
    await until('all that is not for the one that hangs', () => receiver.of('healthy').length === events.length);
    expect(receiver.of('hangs').length).toBeLessThanOrEqual(4);
    expect(receiver.of('healthy')).toHaveLength(events.length);
  }, 60_000);

  test('retries begin, follow the schedule, and end (convoy 1667, 1811, 1833)', async () => {
    const { api, receiver, teamId } = await startStand((to) => [
      { url: to.url('fails'), eventTypes: types, retry: { scheduleSeconds: [1, 1] } },
    ]);
    receiver.behave('fails', () => 500);
    const dead = async () => {
      const [eventId = ''] = await postMany(api, teamId, 1);
      return until('the dead letter', async () => {
        const delivery = await onlyDelivery(api, teamId, eventId);
        return delivery.state === 'dead' ? { eventId, delivery } : null;
      });
    };
    const first = await dead();
    expect(first.delivery.attempts.map(({ status }) => status)).toEqual([500, 500, 500]);
    // In the time of another whole schedule nothing more comes of the first.
    const second = await dead();
    const attempts = (eventId: string) => receiver.of('fails').filter((each) => each.eventId === eventId);
    expect(attempts(first.eventId).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(attempts(second.eventId).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const [one, two, three] = attempts(first.eventId).map(({ atMs }) => atMs) as [number, number, number];
    expect(Math.min(two - one, three - two)).toBeGreaterThan(900);
  }, 60_000);

  test('what happens while it is disabled is held, and sent when it is active again (outpost 611)', async () => {
    const { api, receiver, teamId, endpointIds } = await startStand((to) => [{ url: to.url('a'), eventTypes: types }]);
    const endpoint = `/v1/teams/${teamId}/endpoints/${endpointIds[0]}`;
    for (const status of ['disabled', 'paused']) {
      await api.call('PATCH', endpoint, { status });
      const before = receiver.of('a').length;
      const events = await postMany(api, teamId, 20);
      expect(await count(api, teamId, endpointIds[0] as string, 'held')).toBe(events.length);
      expect(receiver.of('a')).toHaveLength(before);
      await api.call('PATCH', endpoint, { status: 'active' });
      await until('all that was held', () => receiver.of('a').length === before + events.length);
      const received = receiver
        .of('a')
        .slice(before)
        .map(({ eventId }) => eventId);
      expect(received.toSorted()).toEqual(events.toSorted());
    }
  }, 60_000);

  test('410 disables it, and what it was to receive is held', async () => {
    const { api, receiver, teamId, endpointIds } = await startStand((to) => [{ url: to.url('a'), eventTypes: types }]);
    let gone = true;
    receiver.behave('a', () => (gone ? 410 : 200));
    const endpoint = `/v1/teams/${teamId}/endpoints/${endpointIds[0]}`;
    const [first = ''] = await postMany(api, teamId, 1);
    await until('the endpoint to be disabled', async () => {
      return (await api.call<{ status: string }>('GET', endpoint)).status === 'disabled';
    });
    const later = await postMany(api, teamId, 5);
    expect(await count(api, teamId, endpointIds[0] as string, 'held')).toBe(6);
    const asked = receiver.of('a').length;
    gone = false;
    await api.call('PATCH', endpoint, { status: 'active' });
    await until('all that was held', () => receiver.of('a').length === asked + 6);
    const received = receiver
      .of('a')
      .slice(asked)
      .map(({ eventId }) => eventId);
    expect(received.toSorted()).toEqual([first, ...later].toSorted());
  }, 60_000);
});
