import { expect, test, vi } from 'vitest';
import type { EventDraft } from '../events/event-draft.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { ListeningScope, PublishedEvent } from './listening-scope.rules.ts';

const scope = (teamId = 'team_1'): ListeningScope => ({ teamId, sourceId: null, endpointId: null, eventTypes: null });
const nothing = { news: () => undefined, stop: () => undefined };

function published(id: string, sizeBytes = 2, teamId = 'team_1'): PublishedEvent {
  const draft = { teamId, type: 'a.b', contentType: 'text/plain', body: Buffer.alloc(sizeBytes), blob: null };
  const rest = { orderingKey: null, occurredAtMs: null, origin: null, payload: { large: true } };
  return { id, draft: { ...draft, ...rest } as unknown as EventDraft, deliveries: [] };
}
const join = (listeners: Listeners, teamId?: string) => listeners.join(scope(teamId), nothing);

test('an event reaches the listeners of its team, in order and once, and not after they left', () => {
  const listeners = createListeners();
  const news = vi.fn<() => void>();
  const mine = listeners.join(scope(), { ...nothing, news });
  const other = join(listeners, 'team_2');
  for (const id of ['evt_1', 'evt_2']) listeners.publish(published(id));
  expect(mine.takeNews().map(({ id }) => id)).toEqual(['evt_1', 'evt_2']);
  expect(news).toHaveBeenCalledTimes(2);
  expect(mine.takeNews()).toEqual([]);
  expect(other.takeNews()).toEqual([]);
  mine.leave();
  listeners.publish(published('evt_3'));
  expect(mine.takeNews()).toEqual([]);
});

test('what waits for a listener that takes nothing is bounded by number and by bytes', () => {
  const listeners = createListeners();
  const byNumber = join(listeners);
  const byBytes = join(listeners, 'team_2');
  for (let n = 0; n < 10_000; n += 1) listeners.publish(published(`evt_${n}`));
  for (let n = 0; n < 100; n += 1) listeners.publish(published(`evt_${n}`, 100 * 1024, 'team_2'));
  const [many, large] = [byNumber.takeNews(), byBytes.takeNews()];
  expect(many).toHaveLength(256);
  expect(large).toHaveLength(5);
  expect(many[0]).not.toHaveProperty('payload');
  listeners.publish(published('evt_after'));
  expect(byNumber.takeNews().map(({ id }) => id)).toEqual(['evt_after']);
});

test('there are so many of a team and so many of all; who leaves makes room, once', () => {
  const listeners = createListeners({ most: 3, mostOfTeam: 2 });
  const [first] = [join(listeners), join(listeners)];
  expect(() => join(listeners)).toThrow('2 listeners of this team are connected');
  join(listeners, 'team_2');
  expect(() => join(listeners, 'team_3')).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);
  first.leave();
  first.leave();
  join(listeners, 'team_3');
  expect(() => join(listeners)).toThrow('3 listeners are connected');
});

test('stopping tells everyone, and nobody joins any more', () => {
  const listeners = createListeners();
  const stop = vi.fn<() => void>();
  const [one] = [listeners.join(scope(), { ...nothing, stop }), listeners.join(scope('team_2'), { ...nothing, stop })];
  listeners.stop();
  expect(stop).toHaveBeenCalledTimes(2);
  expect(() => join(listeners)).toThrow(expect.objectContaining({ code: 'shutting_down' }) as Error);
  one.leave();
});
