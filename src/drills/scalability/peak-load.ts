import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { drillTeam } from '../reliability/drill-team.ts';
import { twinSource } from '../reliability/provider-requests.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import type { Stage } from '../stage.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import { copiesOf, plotOf, type Traffic } from './peak-load.rules.ts';

const type = 'drill.peak';
const script = new URL('./generate-load.ts', import.meta.url);

/** What the team declared as its peak; null when it has not. */
export async function declaredPeak(stage: Stage): Promise<Traffic | null> {
  const { parts } = (await ownTeam(stage).want('GET', '/declarations')) as { parts: { traffic?: Traffic } };
  const { eventsPerSecond = 0, inboundPerSecond = 0 } = parts.traffic ?? {};
  return parts.traffic !== undefined && eventsPerSecond + inboundPerSecond > 0 ? parts.traffic : null;
}

/** Puts `times` the peak on a second gateway, with receivers that take 50 ms, and answers how that went. */
export async function putLoad(
  stage: Stage,
  peak: Traffic,
  options: { times: number; lastsMs: number; drainMs: number },
): Promise<LoadResult & { pending: number }> {
  const { times, lastsMs, drainMs } = options;
  const node = await stage.node();
  const team = await drillTeam(node, [type]);
  const generator = await startGenerator(stage);
  try {
    const here = `http://127.0.0.1:${generator.port}`;
    const copies = copiesOf(peak);
    for (let index = 0; index < copies; index += 1) {
      await team.endpoint({ url: `${here}/receiver/${index}`, eventTypes: ['*'] });
    }
    const source = await twinSource(team, { provider: 'documenso' });
    const { id: connection } = await team.want('POST', '/connections', {
      provider: 'generic',
      environment: 'sandbox',
      name: 'drill',
      baseUrl: here,
      credentials: [{ name: 'first', kind: 'bearer', fields: { token: 'drill-token' } }],
    });
    const rate = (perSecond = 0): number => perSecond * times;
    const plan: LoadPlan = {
      gateway: node.url,
      events: { path: `/v1/teams/${team.id}/events`, key: team.key, type, perSecond: rate(peak.eventsPerSecond) },
      webhooks: { path: `/in/${source.id}`, secret: source.secret, perSecond: rate(peak.inboundPerSecond) },
      calls: { path: `/egress/${String(connection)}/drill`, key: team.key, perSecond: rate(peak.callsPerSecond) },
      copies,
      lastsMs,
      drainMs,
    };
    stage.note('Load begins.', {
      eventsPerSecond: plan.events.perSecond,
      webhooksPerSecond: plan.webhooks.perSecond,
      callsPerSecond: plan.calls.perSecond,
      endpoints: copies,
      forMs: lastsMs,
    });
    const { slices, ...figures } = await generator.run(plan, lastsMs + drainMs + 120_000);
    const left = (await team.list('/deliveries?state=pending')).length;
    stage.note('Load has ended.', { ...figures, pending: left });
    for (const line of plotOf(slices)) stage.note(line);
    return { ...figures, slices, pending: left };
  } finally {
    generator.stop();
  }
}

type Generator = { port: number; run(plan: LoadPlan, withinMs: number): Promise<LoadResult>; stop(): void };

async function startGenerator(stage: Stage): Promise<Generator> {
  const path = fileURLToPath(script).replace(/\.ts$/, extname(import.meta.url));
  const child = spawn(process.execPath, [path], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
  const lines: unknown[] = [];
  let failure: Error | null = null;
  child.on('error', (error) => (failure = error));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const nextLine = async (withinMs: number): Promise<unknown> => {
    const line = await stage.until(() => {
      if (failure !== null) throw failure;
      return Promise.resolve(lines.shift() ?? null);
    }, withinMs);
    if (line === null) throw new Error('the process that makes load did not answer');
    return line;
  };
  const stop = (): void => void child.kill('SIGKILL');
  try {
    const { port } = (await nextLine(60_000)) as { port: number };
    return {
      port,
      stop,
      async run(plan, withinMs) {
        child.stdin.write(`${JSON.stringify(plan)}\n`);
        return (await nextLine(withinMs)) as LoadResult;
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}
