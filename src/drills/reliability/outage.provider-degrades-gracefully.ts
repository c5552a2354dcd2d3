import { randomUUID } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { type DegradedFacts, judgeDegraded } from './outage.provider-degrades-gracefully.rules.ts';
import { readConnection, type TwinAnswer, twinConnection } from './twin-connection.ts';

const type = 'drill.other';
const outageMs = 300_000;
const leastOutageMs = 15_000;
const usualMs = 60_000;
const leastUsualMs = 5_000;
const everyMs = 250;
const recoveredWithinMs = 60_000;
const afterwards = 10;

/** How a document is shown to be completed, and what of it the cache may answer from then on. */
const completed: Readonly<Record<string, { show: string; body: string; download: string }>> = {
  documenso: {
    show: '/api/v2/envelope/envelope_drill',
    body: '{"id":"envelope_drill","status":"COMPLETED"}',
    download: '/api/v2/envelope/envelope_drill/certificate/download',
  },
  docusign: {
    show: '/v2.1/accounts/drill/envelopes/11111111-2222-4333-8444-555555555555',
    body: '{"status":"completed"}',
    download: '/v2.1/accounts/drill/envelopes/11111111-2222-4333-8444-555555555555/documents/combined',
  },
};

/**
 * That archiving which waited ends once the provider is back is not looked at here. Until the breaker has opened, and for
 * its probes, calls are answered 502: the provider was asked.
 */
export const providerDegrades: Drill = {
  checkId: 'outage.provider-degrades-gracefully',
  subject: 'connection',
  version: 1,
  does: 'Takes the server away that stands in for the provider of a twin of the connection, while other traffic goes on.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 720,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { breaker } = connection.policy;
    const sample = completed[connection.provider] ?? null;
    const provider = await stage.receiver(({ path }) =>
      sample !== null && path.endsWith(sample.show)
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: sample.body }
        : { status: 200, headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.7 drill' },
    );
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: { polling: { mode: 'off' } },
      freeBudgets: true,
    });
    const { node, team } = twin;
    await team.want('POST', '/event-types', { name: type });
    const write = (): Promise<TwinAnswer> => twin.call('POST', twin.path(randomUUID()), { body: '{}' });
    const readCached = (): Promise<TwinAnswer> => twin.call('GET', sample?.download ?? '/');
    await write();
    if (sample !== null) {
      await twin.call('GET', sample.show);
      await readCached();
    }

    let otherFailed = 0;
    const other = async (tookMs: number[]): Promise<void> => {
      const fromMs = performance.now();
      const { status } = await team.call('POST', '/events', { type, payload: { drill: true } });
      tookMs.push(performance.now() - fromMs);
      if (status >= 400) otherFailed += 1;
    };
    // The same calls go out in all three times, so that what is compared is the outage alone.
    const goOn = async (
      forMs: number,
      tookMs: number[],
      alongside: (answers: TwinAnswer[]) => Promise<void>,
    ): Promise<void> => {
      const untilMs = Date.now() + forMs;
      while (Date.now() < untilMs) {
        const answers = await Promise.all([write(), ...(sample === null ? [] : [readCached()])]);
        await alongside(answers);
        for (let index = 0; index < 3; index += 1) await other(tookMs);
        await stage.pause(everyMs);
      }
    };
    const otherMs: Record<keyof DegradedFacts['otherMs'], number[]> = { before: [], during: [], after: [] };
    await goOn(stage.paced(usualMs, leastUsualMs), otherMs.before, () => Promise.resolve());
    stage.note('All was well.', { otherRequests: otherMs.before.length });
    stage.progress(1, 3);

    await provider.close();
    const lastsMs = stage.paced(outageMs, leastOutageMs);
    const [readyz, cached, writes]: [number[], TwinAnswer[], TwinAnswer[]] = [[], [], []];
    await goOn(lastsMs, otherMs.during, async ([written, read]) => {
      if (written !== undefined) writes.push(written);
      if (read !== undefined) cached.push(read);
      readyz.push((await node.call('GET', '/readyz', { key: null })).status);
    });
    stage.note('The provider was gone.', { lastsMs, writes: writes.length, reads: cached.length });
    stage.progress(2, 3);

    await provider.open();
    const back = await stage.until(async () => ((await write()).status === 200 ? true : null), recoveredWithinMs);
    await goOn(stage.paced(usualMs, leastUsualMs), otherMs.after, () => Promise.resolve());
    const after = back === null ? [await write()] : await Promise.all(Array.from({ length: afterwards }, write));
    const answered = after.filter(({ status }) => status === 200).length;
    stage.note('The provider was back.', { writes: after.length, answered });
    stage.progress(3, 3);
    return judgeDegraded({
      readyz,
      otherMs,
      otherFailed,
      cached:
        sample === null
          ? null
          : cached.map(({ status, headers }) => ({
              status,
              saysAge: /^hit; age=\d+$/.test(headers.get('posthorn-cache') ?? ''),
            })),
      writes: writes.map(({ status, code, headers, tookMs }) => ({
        status,
        code,
        hasRetryAfter: headers.has('retry-after'),
        tookMs,
      })),
      probesMost: Math.ceil(lastsMs / breaker.openMs) + 1,
      after: { writes: after.length, answered },
    });
  },
};
