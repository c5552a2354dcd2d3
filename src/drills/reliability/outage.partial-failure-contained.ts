import type { Drill } from '../drill.ts';
import type { Json } from '../stage.ts';
import { drillTeam, type DrillTeam } from './drill-team.ts';
import { judgePartialFailure } from './outage.partial-failure-contained.rules.ts';

const [type, batchType] = ['drill.shared', 'drill.batch'];
const batchSize = 100;
const invalid = [3, 20, 41, 77, 99];
const triedAgainWithinMs = 15_000;
/** A third attempt of the bad one has come by then, and would have of the others. */
const attempts = 3;

export const partialFailureContained: Drill = {
  checkId: 'outage.partial-failure-contained',
  subject: 'gateway',
  version: 1,
  does: 'Lets one of three endpoints refuse an event, and posts a batch in which five events are not valid.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const schema = { type: 'object', properties: { index: { type: 'integer' } }, required: ['index'] };
    await team.want('POST', '/event-types', { name: batchType, schema });
    const receivers = [await stage.receiver(), await stage.receiver(), await stage.receiver(() => ({ status: 500 }))];
    for (const { url } of receivers) {
      await team.endpoint({ url, eventTypes: [type], retry: { scheduleSeconds: [1, 1, 1, 1] } });
    }
    await team.publish(type, { drill: 'shared' });
    const [first, second, refuses] = receivers.map(({ requests }) => requests);
    await stage.until(() => Promise.resolve((refuses?.length ?? 0) >= attempts ? true : null), triedAgainWithinMs);
    const good = [first?.length ?? 0, second?.length ?? 0];
    const bad = refuses?.length ?? 0;
    stage.note('One of three endpoints refuses the event.', {
      first: good[0] ?? 0,
      second: good[1] ?? 0,
      refusing: bad,
    });
    stage.progress(1, 3);

    const all = Array.from({ length: batchSize }, (_, index) => event(index, !invalid.includes(index)));
    const refused = await team.call('POST', '/events/batch', { events: all });
    const named = placesOf(refused.body);
    const stored = await countOf(team);
    stage.note('A batch with events that are not valid.', { status: refused.status, named: named.join(), stored });
    stage.progress(2, 3);

    const valid = all.filter((_, index) => !invalid.includes(index));
    const once = await team.call('POST', '/events/batch', { events: valid });
    const twice = await team.call('POST', '/events/batch', { events: valid });
    const accepted = answersOf(once.body).filter((answer) => answer['duplicate'] === false).length;
    const duplicates = answersOf(twice.body).filter((answer) => answer['duplicate'] === true).length;
    const storedLater = await countOf(team);
    stage.note('The valid ones, twice.', { accepted, duplicates, stored: storedLater });
    stage.progress(3, 3);
    return judgePartialFailure({
      good,
      bad,
      batch: { status: refused.status, invalid, named, stored },
      again: { events: valid.length, accepted, duplicates, stored: storedLater },
    });
  },
};

function event(index: number, isValid: boolean): Json {
  return { type: batchType, payload: { index: isValid ? index : 'not a number' }, idempotencyKey: `drill-${index}` };
}

async function countOf(team: DrillTeam): Promise<number> {
  return (await team.list(`/events?type=${batchType}`)).length;
}

function answersOf(body: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  return Array.isArray(body['data']) ? (body['data'] as Record<string, unknown>[]) : [];
}

/** Which events of the batch the answer names, in their order. */
function placesOf(body: Readonly<Record<string, unknown>>): number[] {
  const errors = Array.isArray(body['errors']) ? (body['errors'] as { pointer?: string }[]) : [];
  const places = errors.map(({ pointer = '' }) => /^\/events\/(\d+)/.exec(pointer)?.[1]);
  return [...new Set(places.filter((place) => place !== undefined).map(Number))].toSorted((one, other) => one - other);
}
