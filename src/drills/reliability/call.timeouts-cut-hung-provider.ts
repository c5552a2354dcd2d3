import type { Drill } from '../drill.ts';
import type { Stage } from '../stage.ts';
import { type HungFacts, judgeHung } from './call.timeouts-cut-hung-provider.rules.ts';
import { startSilentServer } from './silent-server.ts';
import { callingTeam, type CallView, readConnection, twinConnection } from './twin-connection.ts';

/** docs/calling.md: opening a connection, TLS included. */
const connectMs = 10_000;
const leastMs = 1_000;
const closedWithinMs = 5_000;

/**
 * An address that takes no connection at all cannot be had on every machine: in its place a server takes the connection
 * and says nothing of TLS, which is within the same limit.
 */
export const timeoutsCut: Drill = {
  checkId: 'call.timeouts-cut-hung-provider',
  subject: 'connection',
  version: 1,
  does: 'Calls servers through twins of the connection that never finish connecting, never answer, or stop in a body.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { firstByteMs, idleMs } = connection.policy.timeouts;
    // What is longer than the check bears fails it, and need not be waited for.
    const limits = {
      firstByteMs: stage.paced(Math.min(firstByteMs, 30_000), leastMs),
      idleMs: stage.paced(Math.min(idleMs, 60_000), leastMs),
    };
    const at = await callingTeam(stage);
    const server = await startSilentServer(stage.signal);
    try {
      const policy = {
        retries: { most: 0 },
        timeouts: { ...limits, totalMs: 300_000 },
        breaker: { minimumCalls: 100_000 },
      };
      const given = { at, policy, freeBudgets: true };
      const plain = await twinConnection(stage, connection, { ...given, url: server.url });
      const secured = await twinConnection(stage, connection, { ...given, url: server.secureUrl });
      stage.note('The twins have the limits.', { ...limits, connectMs });
      const controls: number[] = [];
      const control = setInterval(() => {
        const fromMs = performance.now();
        void at.node.call('GET', '/livez', { key: null }).then(
          () => controls.push(performance.now() - fromMs),
          () => undefined,
        );
      }, 1_000);
      const cases: HungFacts['cases'] = await Promise.all([
        hung(stage, 'connecting', connectMs, () => secured.call('GET', secured.path('connecting')), secured),
        hung(stage, 'first byte', limits.firstByteMs, () => plain.call('GET', plain.path('silent')), plain),
        hung(stage, 'silence', limits.idleMs, () => plain.call('GET', plain.path('stops')), plain),
      ]).finally(() => clearInterval(control));
      const closed = await stage.until(() => Promise.resolve(server.openSockets() === 0 ? true : null), closedWithinMs);
      stage.note('All calls have ended.', { socketsOpen: server.openSockets(), sockets: server.sockets() });
      return judgeHung({
        firstByteMs,
        idleMs,
        cases: cases.map((each) => ({ ...each, closed: closed === true })),
        controlMs: Math.max(0, ...controls),
      });
    } finally {
      server.close();
    }
  },
};

type Called = { status: number; tookMs: number; callId: string };

async function hung(
  stage: Stage,
  what: HungFacts['cases'][number]['what'],
  limitMs: number,
  call: () => Promise<Called>,
  twin: { onRecord(callId: string): Promise<CallView | null> },
): Promise<HungFacts['cases'][number]> {
  const { status, tookMs, callId } = await call();
  const record = await twin.onRecord(callId);
  stage.note(`The call that waits for ${what} ended.`, {
    status,
    tookMs: Math.round(tookMs),
    error: record?.error ?? null,
  });
  return { what, limitMs, tookMs, status, error: record?.error ?? null, closed: false };
}
