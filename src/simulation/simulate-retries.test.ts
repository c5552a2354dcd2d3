import { describe, expect, onTestFinished, test } from 'vitest';
import { type RawServer, response, startRawServer } from '../../tests/support/raw-server.ts';
import type { RealTime } from './pace.ts';
import type { Exchange } from './report.rules.ts';
import { simulate } from './simulate.ts';
import type { SimulationOptions } from './simulation-settings.rules.ts';

/** A receiver that answers the nth request, from 0, with a status, or not at all. */
async function receiver(statusOf: (nth: number) => number | null, headers = {}): Promise<RawServer & { url: string }> {
  const server = await startRawServer((socket, _request, nth) => {
    const status = statusOf(nth);
    if (status !== null) socket.write(response(status, '', headers));
  });
  onTestFinished(() => server.close());
  return { ...server, url: `http://127.0.0.1:${server.port}/in/src_1` };
}

type Body = { event: string; retryCount: number; createdAt: string; payload: object };
const bodies = ({ requests }: RawServer): Body[] =>
  requests.map((request) => JSON.parse(request.slice(request.indexOf('\r\n\r\n'))) as Body);

/** A clock that only goes on when somebody waits. */
function virtualTime(): RealTime & { waits: number[] } {
  let nowMs = Date.UTC(2026, 10, 1);
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    wait: async (ms) => {
      waits.push(Math.round(ms));
      nowMs += ms;
    },
  };
}

async function run(options: Partial<SimulationOptions> & { provider: string; to: string; time?: RealTime }) {
  const exchanges: Exchange[] = [];
  const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
  const report = await simulate({ secrets: ['secret'], seed: '1', ...options, onExchange });
  return { report, exchanges };
}

describe('retries', () => {
  test.each([
    ['local', 4, [0, 0, 0]],
    ['bullmq', 3, [1000, 2000]],
    ['inngest', 5, [0, 0, 0, 0]],
  ])('of Documenso run by %s are %d attempts', async (runner, attempts, waits) => {
    const to = await receiver(() => 500);
    const time = virtualTime();
    const { report, exchanges } = await run({
      provider: 'documenso',
      to: to.url,
      event: 'DOCUMENT_SENT',
      runner,
      speed: 1,
      time,
    });
    expect(exchanges.map(({ attempt }) => attempt)).toEqual(Array.from({ length: attempts }, (_, index) => index + 1));
    expect(exchanges.map(({ verdict }) => verdict).at(-1)).toBe('given up');
    // The first wait is the pace of the scenario.
    expect(time.waits.slice(1)).toEqual(waits.filter((wait) => wait > 0));
    expect(report).toMatchObject({ clean: false, genuine: { givenUp: 1, retries: attempts - 1 } });
  });

  test('of Documenso tell the time of each attempt, and end with any 2xx', async () => {
    const to = await receiver((nth) => (nth < 2 ? 503 : 204));
    const time = virtualTime();
    const { report } = await run({
      provider: 'documenso',
      to: to.url,
      event: 'DOCUMENT_SENT',
      runner: 'bullmq',
      speed: 1,
      time,
    });
    expect(report).toMatchObject({ clean: true, genuine: { acknowledged: 1, retries: 2 } });
    const [first, second, third] = bodies(to) as [Body, Body, Body];
    expect(Date.parse(second.createdAt) - Date.parse(first.createdAt)).toBe(1000);
    expect(Date.parse(third.createdAt) - Date.parse(second.createdAt)).toBe(2000);
    expect(second.payload).toEqual(first.payload);
  });

  test('follow no redirect: it is a failure', async () => {
    const elsewhere = await receiver(() => 200);
    const to = await receiver(() => 307, { location: elsewhere.url });
    const { exchanges } = await run({ provider: 'documenso', to: to.url, event: 'DOCUMENT_SENT' });
    expect(exchanges.map(({ status }) => status)).toEqual([307, 307, 307, 307]);
    expect(elsewhere.requests).toEqual([]);
  });

  test('of DocuSign: one failure stops everything, the first success sends the rest in order', async () => {
    const time = virtualTime();
    const to = await receiver((nth) => (nth >= 1 && nth <= 3 ? 500 : 200));
    const { report } = await run({ provider: 'docusign', to: to.url, speed: 1, time });
    expect(bodies(to).map(({ event, retryCount }) => `${event} ${retryCount}`)).toEqual([
      'envelope-created 0',
      'envelope-sent 0',
      'envelope-sent 1',
      'envelope-sent 2',
      'envelope-sent 3',
      'recipient-sent 0',
      'recipient-delivered 0',
      'envelope-delivered 0',
      'recipient-completed 0',
      'envelope-completed 0',
    ]);
    expect(time.waits).toEqual([5000, 86_400_000, 86_400_000, 86_400_000]);
    expect(report).toMatchObject({ clean: true, genuine: { acknowledged: 7, retries: 3 } });
  });

  test('of DocuSign end after ten, and its delay can be chosen', async () => {
    const to = await receiver(() => 500);
    const time = virtualTime();
    const { exchanges } = await run({
      provider: 'docusign',
      to: to.url,
      event: 'envelope-sent',
      retryDelayMs: 15_000,
      speed: 1,
      time,
    });
    expect(exchanges).toHaveLength(11);
    expect(time.waits.slice(1)).toEqual(new Array(10).fill(15_000));
  });

  test('are none where none are known, until they are asked for', async () => {
    const to = await receiver(() => 500);
    const goroute = { provider: 'goroute', to: to.url, event: 'document.received' };
    expect((await run(goroute)).exchanges).toHaveLength(1);
    expect((await run({ ...goroute, attempts: 3, retryDelayMs: 60_000 })).exchanges).toHaveLength(3);
    const ids = to.requests.map((request) => /X-GoRoute-Event-ID: (\w+)/.exec(request)?.[1]);
    expect(new Set(ids).size).toBe(1);
  });

  test('are signed anew with their own time, or keep that of the event where it is the event that is signed', async () => {
    const timesOf = async (provider: string, event: string, time: RegExp): Promise<number[]> => {
      const to = await receiver(() => 500);
      const pace = { speed: 1, time: virtualTime(), attempts: 3, retryDelayMs: 60_000 };
      await run({ provider, to: to.url, event, ...pace });
      return to.requests.map((request) => Number(time.exec(request)?.[1]));
    };
    const [first = 0, second, third] = await timesOf('stripe', 'charge.succeeded', /t=(\d+),/);
    expect([second, third]).toEqual([first + 60, first + 120]);
    expect(new Set(await timesOf('signwell', 'document_sent', /"time":(\d+)/)).size).toBe(1);
    expect(new Set(await timesOf('dropbox-sign', 'callback_test', /"event_time":"(\d+)"/)).size).toBe(1);
  });

  test('come when there is no answer in time, or nobody there', async () => {
    const to = await receiver((nth) => (nth === 0 ? null : 200));
    const { exchanges } = await run({ provider: 'documenso', to: to.url, event: 'DOCUMENT_SENT', timeoutMs: 200 });
    expect(exchanges).toMatchObject([{ status: null, error: 'timeout', verdict: 'again' }, { status: 200 }]);
    const { exchanges: nobody } = await run({ provider: 'goroute', to: 'http://127.0.0.1:1/' });
    expect(nobody[0]).toMatchObject({ status: null, error: 'refused', verdict: 'given up' });
  });
});
