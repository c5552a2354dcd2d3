import type { Drill } from '../drill.ts';
import { judgeClassed } from './call.errors-classed-retryable-or-permanent.rules.ts';
import { answerByPath, readConnection, twinConnection } from './twin-connection.ts';

const lasting = ['400', '401', '403', '404', '422'];
const limited = '429';
const passing = [limited, '500', '502', '503', '504', 'reset', 'hang'];
const retriesMost = 1;
const hangMs = 1_000;
const listedWithinMs = 10_000;

/** That somebody is told of lasting failures waits for alerting: until then the list of failed calls is looked at. */
export const errorsClassed: Drill = {
  checkId: 'call.errors-classed-retryable-or-permanent',
  subject: 'connection',
  version: 1,
  does: 'Lets a server fail in twelve ways through a twin of the connection, and counts how often each call was sent.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 180,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const counts = new Map<string, number>();
    const provider = await stage.receiver(
      answerByPath((place, number) => {
        counts.set(place, number);
        const what = place.slice(place.indexOf('-') + 1);
        if (what === 'hang' || what === 'reset') return what;
        // Documenso's 429 without it is a quota of a month, which does not pass.
        return { status: Number(what), ...(what === limited ? { headers: { 'retry-after': '1' } } : {}), body: '{}' };
      }),
    );
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: {
        retries: { most: retriesMost, baseMs: 10, mostMs: 5_000 },
        timeouts: { firstByteMs: hangMs },
        breaker: { minimumCalls: 100_000 },
        // A Retry-After holds back all calls of the connection: they wait for it.
        budget: { waitMs: 20_000 },
      },
      freeBudgets: true,
    });
    const whats = [...lasting, ...passing];
    const fail = (ways: readonly string[]) =>
      Promise.all(
        ways.flatMap((what) => [
          twin.call('GET', twin.path(`read-${what}`)),
          twin.call('POST', twin.path(`post-${what}`), { body: '{}' }),
        ]),
      );
    await fail(whats.filter((what) => what !== limited));
    await fail([limited]);
    stage.note('Calls failed in each way.', { ways: whats.length, requests: provider.requests.length });

    const failedReads = async (): Promise<string[]> => {
      const calls = await twin.team.list<{ path: string; outcome: string; method: string }>(
        `/calls?connection=${twin.id}&outcome=failed`,
      );
      return calls.filter(({ method }) => method === 'GET').map(({ path }) => path.slice(path.lastIndexOf('-') + 1));
    };
    await stage.until(async () => ((await failedReads()).length >= whats.length ? true : null), listedWithinMs);
    const onList = await failedReads();
    stage.note('The list of failed calls was read.', { reads: onList.length });
    return judgeClassed({
      retriesMost,
      failures: whats.map((what) => ({
        what,
        mayPass: passing.includes(what),
        readTries: counts.get(`read-${what}`) ?? 0,
        postTries: counts.get(`post-${what}`) ?? 0,
        listed: onList.filter((each) => each === what).length,
      })),
    });
  },
};
