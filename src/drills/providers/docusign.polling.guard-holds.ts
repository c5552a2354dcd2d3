import { randomUUID } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import { readConnection, twinConnection } from '../reliability/twin-connection.ts';
import { judgeGuard } from './docusign.polling.guard-holds.rules.ts';

/** One for each minute of DocuSign's 15: the gateway's clock cannot be driven from outside. */
const minuteMs = 400;
const minutes = [0, 2, 4, 14, 16];
const windowMinutes = 15;
const otherAtMinute = 3;
const monthMs = 30 * 86_400_000;

/**
 * Each node guards by itself, so that one node is looked at: with several, calls of one envelope have to go to one, and
 * what came of it shows in the calls on record.
 */
export const pollingGuardHolds: Drill = {
  checkId: 'docusign.polling.guard-holds',
  subject: 'connection',
  version: 1,
  does: 'Asks for one envelope five times through a twin of the connection with time gone faster, and reads its calls of 30 days.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 120,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { provider, policy } = connection;
    if (provider !== 'docusign') return judgeGuard({ provider, concerned: false });
    const { mode, windowMs } = policy.polling;
    const drilledWindowMs = windowMinutes * minuteMs;
    const server = await stage.receiver(({ path }) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ envelopeId: path.slice(path.lastIndexOf('/') + 1), status: 'sent' }),
    }));
    const twin = await twinConnection(stage, connection, {
      url: server.url,
      policy: { polling: { mode, windowMs: drilledWindowMs }, retries: { most: 0 } },
      freeBudgets: true,
    });
    const [envelope, other] = [randomUUID(), randomUUID()];
    const pathOf = (id: string): string => `/v2.1/accounts/drill/envelopes/${id}`;
    const requestsFor = (id: string): number[] =>
      server.requests.filter(({ path }) => path.endsWith(id)).map(({ atMs }) => atMs);
    const repeats: { status: number; code: string | null; servedAge: boolean }[] = [];
    let firstEndedAtMs = 0;
    for (const minute of minutes) {
      await stage.pause(firstEndedAtMs === 0 ? 0 : firstEndedAtMs + minute * minuteMs - Date.now());
      if (minute > otherAtMinute && requestsFor(other).length === 0) await twin.call('GET', pathOf(other));
      const before = requestsFor(envelope).length;
      const { status, code, headers, endedAtMs } = await twin.call('GET', pathOf(envelope));
      if (firstEndedAtMs === 0) firstEndedAtMs = endedAtMs;
      const wentOut = requestsFor(envelope).length > before;
      const servedAge = status === 200 && /^(?:hit|served); age=\d+/.test(headers.get('posthorn-cache') ?? '');
      if (!wentOut) repeats.push({ status, code, servedAge });
      stage.note('The envelope was asked for.', { minute, wentOut, status, polling: headers.get('posthorn-polling') });
    }
    const [first = 0] = requestsFor(envelope);
    const since = new Date(Date.now() - monthMs).toISOString();
    const violations = await ownTeam(stage).list(
      `/calls/polling-violations?connection=${subject.id}&since=${encodeURIComponent(since)}`,
    );
    stage.note('The calls of the connection in 30 days were read.', { violations: violations.length });
    return judgeGuard({
      provider,
      concerned: true,
      windowMs,
      mode,
      drilledWindowMs,
      seenAtMs: requestsFor(envelope).map((atMs) => atMs - first),
      otherSeen: requestsFor(other).length,
      repeats,
      violations: violations.length,
    });
  },
};
