import { expect, test } from 'vitest';
import type { EventDraft } from '../events/event-draft.ts';
import { type ListeningScope, type PublishedEvent, wantsEvent } from './listening-scope.rules.ts';

const everything: ListeningScope = { teamId: 'team_1', sourceId: null, endpointId: null, eventTypes: null };
const event = (type: string, sourceId: string | null, ...endpointIds: string[]): PublishedEvent => ({
  id: 'evt_1',
  draft: {
    type,
    origin: sourceId === null ? null : { sourceId, externalId: null, coverage: 'body', credential: '1' },
  } as EventDraft,
  deliveries: endpointIds.map((endpointId) => ({ endpointId })),
});

test.each<[string, Partial<ListeningScope>, PublishedEvent, boolean]>([
  ['everything', {}, event('a.b', null), true],
  ['what Posthorn tells about itself', {}, event('posthorn.delivery.dead', null), true],
  ['its source', { sourceId: 'src_1' }, event('a.b', 'src_1'), true],
  ['another source', { sourceId: 'src_1' }, event('a.b', 'src_2'), false],
  ['no source', { sourceId: 'src_1' }, event('a.b', null), false],
  ['its endpoint among others', { endpointId: 'ep_1' }, event('a.b', null, 'ep_2', 'ep_1'), true],
  ['another endpoint', { endpointId: 'ep_1' }, event('a.b', null, 'ep_2'), false],
  ['no endpoint', { endpointId: 'ep_1' }, event('a.b', null), false],
  ['its type', { eventTypes: ['x', 'a.b'] }, event('a.b', null), true],
  ['its family', { eventTypes: ['a.*'] }, event('a.b', null), true],
  ['another type', { eventTypes: ['a'] }, event('a.b', null), false],
  ['its source with another type', { sourceId: 'src_1', eventTypes: ['x'] }, event('a.b', 'src_1'), false],
  ['its source with another endpoint', { sourceId: 'src_1', endpointId: 'ep_1' }, event('a.b', 'src_1', 'ep_2'), false],
])('a listener and %s: %o', (_what, scope, published, wanted) => {
  expect(wantsEvent({ ...everything, ...scope }, published)).toBe(wanted);
});
