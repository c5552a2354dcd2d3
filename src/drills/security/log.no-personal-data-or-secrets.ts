import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { createWalk, type Marks } from './canary-paths.ts';
import { judgeLogs, type LogFacts } from './log.no-personal-data-or-secrets.rules.ts';
import { findIn } from './spellings.rules.ts';

function makeMarks(): Marks {
  const hex = (): string => randomBytes(9).toString('hex');
  const digits = Array.from(randomBytes(20), (byte) => byte % 10).join('');
  return {
    name: `Zo\u00eb Canary-${hex()}`,
    email: `${hex()}+x@canary.example`,
    account: `DE${digits}`,
    token: `tok_${hex()}`,
    key: `phk_${hex()}`,
  };
}

/** Whoever answers says the marks too, as a provider may. */
async function startReceivers(stage: Stage, marks: Marks): Promise<Record<string, DrillReceiver>> {
  const body = JSON.stringify(marks);
  const headers = { 'x-note': marks.token, 'content-type': 'application/json' };
  const gone = await stage.receiver();
  await gone.close();
  return {
    answers: await stage.receiver(() => ({ status: 200, body, headers })),
    refuses: await stage.receiver(() => ({ status: 500, body, headers })),
    redirects: await stage.receiver(() => ({ status: 302, headers: { location: `/${marks.token}` } })),
    'never answers': await stage.receiver(() => 'hang'),
    'breaks off': await stage.receiver(() => 'reset'),
    'is not there': gone,
  };
}

export const logsHoldNothing: Drill = {
  checkId: 'log.no-personal-data-or-secrets',
  subject: 'gateway',
  version: 1,
  does: 'Sends made-up people and secrets down every path of a second gateway and looks for them in its log and metrics.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const marks = makeMarks();
    const database = await stage.database();
    const environment = { POSTHORN_LOG_LEVEL: 'trace', POSTHORN_TEST_LEASE_SECONDS: '3' };
    const node = await stage.node({ database, environment });
    const team = await node.team();
    const receivers = await startReceivers(stage, marks);
    const walk = createWalk(stage, node, team, marks);
    await walk.endpoints(receivers);
    await walk.refusals();
    stage.progress(1, 4);
    await walk.inbound();
    await walk.calls(receivers);
    stage.note('sent marks down the paths of a second gateway', { paths: walk.walked.length });
    stage.progress(2, 4);
    await stage.until(async () => {
      const { data } = await node.want('GET', `/v1/teams/${team.id}/deliveries?state=pending`);
      return (data as unknown[]).length === 0 ? true : null;
    }, 20_000);
    const metrics = await (await fetch(`${node.url}/metrics`, { signal: stage.signal })).text();

    await database.cut();
    await walk.event('an event while the database is away', 'drill.canary', { ...marks });
    await walk.inbound().catch(() => undefined);
    await database.restore();
    stage.note('did so while the database was away');
    await walk.event('an event just before the process dies', 'drill.canary', { ...marks });
    await node.kill();
    await node.restart();
    stage.note('killed the gateway and started it again');
    stage.progress(3, 4);
    await node.stop();

    const values = new Map<string, string>(Object.entries(marks));
    const log = node.output();
    const lines = log.split('\n').filter((line) => line.startsWith('{'));
    const found: LogFacts['found'] = [
      ...findIn(log, values).map((each) => ({ ...each, where: 'the log' })),
      ...findIn(metrics, values).map((each) => ({ ...each, where: 'the metrics' })),
    ];
    stage.note('looked through the log and the metrics', { lines: lines.length, found: found.length });
    return judgeLogs({
      marks: values.size,
      paths: walk.walked,
      found,
      logLines: lines.length,
      linesAboutRequests: lines.filter((line) => line.includes('"requestId"')).length,
      metricLines: metrics.split('\n').length,
    });
  },
};
