import type { Drill } from '../drill.ts';
import type { Stage } from '../stage.ts';
import { ownParticipant } from '../providers/own-participant.ts';
import type { DrillTeam } from './drill-team.ts';
import { canMakeScratch, makeScratch } from './scratch-document.ts';
import { judgeReach, type ReachedBy, type ReachFacts } from './source.reachable-by-provider.rules.ts';
import { ownTeam } from './subject-endpoint.ts';

type SourceView = { id: string; url: string; provider: string; status: string; updatedAt: string };
type ConnectionView = {
  id: string;
  provider: string;
  environment: string;
  status: string;
  sources: string[];
  options: Record<string, unknown>;
};
type ArrivalView = Omit<ReachedBy, 'atMs'> & { at: string; eventId: string | null };

const withinMs = 60_000;
/** What a source keeps of requests is a second or two behind. */
const behindMs = 5_000;
const askEveryMs = 500;
const rejectionsMost = 50;

export const reachableByProvider: Drill = {
  checkId: 'source.reachable-by-provider',
  subject: 'source',
  version: 1,
  does: 'Makes a document in the sandbox of the provider, waits for its webhook, and takes it back; in production it looks at what came.',
  touches: 'integration',
  // It makes nothing in production: what came by itself is looked at.
  safeInProduction: true,
  limitSeconds: 180,
  async run(stage, subject) {
    const team = ownTeam(stage);
    const source = (await team.want('GET', `/sources/${subject.id}`)) as SourceView;
    const publicHost = new URL(source.url).host;
    if (isOwnMachine(new URL(source.url).hostname)) {
      const why = `${publicHost} is a name of this machine alone, by which no provider can come: set POSTHORN_PUBLIC_URL.`;
      return judgeReach({ way: 'impossible', why });
    }
    if (source.status !== 'active') return judgeReach({ way: 'impossible', why: 'The source is paused.' });
    const connections = await team.list<ConnectionView>('/connections');
    const sandbox = connections.find(
      ({ provider, environment, status, sources }) =>
        provider === source.provider && environment === 'sandbox' && status === 'active' && sources.includes(source.id),
    );
    const why = whyNothingIsMade(stage, source, sandbox);
    if (sandbox === undefined || why !== null) {
      return judgeReach(await lookBack(stage, team, source, { publicHost, why: why ?? '' }));
    }
    return judgeReach(await cause(stage, team, source, { publicHost, sandbox }));
  },
};

function whyNothingIsMade(stage: Stage, { provider }: SourceView, sandbox: ConnectionView | undefined): string | null {
  if (stage.isProduction) return 'Nothing is triggered in production';
  if (!canMakeScratch(provider)) return `Nothing can be made at ${provider} from here`;
  return sandbox === undefined ? 'No active connection to a sandbox names this source' : null;
}

/** What came since the source was changed last. */
async function lookBack(
  stage: Stage,
  team: DrillTeam,
  source: SourceView,
  known: { publicHost: string; why: string },
): Promise<ReachFacts> {
  const sinceMs = Date.parse(source.updatedAt);
  const arrivals = await arrivalsOf(team, source.id);
  const rejected = await rejectedSince(team, source.id, sinceMs);
  stage.note('What the source keeps of verified requests was read.', { why: known.why, arrivals: arrivals.length });
  return { way: 'awaited', ...known, rejected, arrivals, sinceMs, nowMs: Date.now() };
}

/** Makes something at the provider, and waits for what the source keeps of requests about it. */
async function cause(
  stage: Stage,
  team: DrillTeam,
  source: SourceView,
  { publicHost, sandbox }: { publicHost: string; sandbox: ConnectionView },
): Promise<ReachFacts> {
  const atMs = Date.now();
  const pacedMs = stage.paced(withinMs, 5_000);
  const { id: connectionId, options } = sandbox;
  const sender = source.provider === 'goroute' ? await ownParticipant(team) : null;
  const scratch = await makeScratch(stage, source.provider, { connectionId, options, sender });
  if ('refused' in scratch) return { way: 'impossible', why: `${scratch.refused}.` };
  stage.note(scratch.says, { connection: connectionId, subject: scratch.subject });
  stage.progress(1, 3);
  try {
    let arrivals: ReachedBy[] = [];
    await stage.until(async () => {
      arrivals = await about(team, source.id, scratch.subject, atMs);
      const found = arrivals.some(({ origin, byPublicName }) => origin === 'outside' && byPublicName);
      if (!found) await stage.pause(askEveryMs);
      return found ? true : null;
    }, pacedMs + behindMs);
    for (const { origin, host, byPublicName, atMs: cameMs } of arrivals) {
      stage.note('A request about it was verified.', { origin, host, byPublicName, afterMs: cameMs - atMs });
    }
    stage.progress(2, 3);
    const rejected = await rejectedSince(team, source.id, atMs);
    return { way: 'caused', publicHost, rejected, arrivals, atMs, withinMs: pacedMs };
  } finally {
    stage.note(await scratch.remove().catch(() => 'It could not be taken back.'));
    stage.progress(3, 3);
  }
}

async function about(team: DrillTeam, sourceId: string, subject: string, sinceMs: number): Promise<ReachedBy[]> {
  const since = encodeURIComponent(new Date(sinceMs - 1_000).toISOString());
  const query = `source=${sourceId}&q=${encodeURIComponent(subject)}&since=${since}&limit=100`;
  const { data } = (await team.want('GET', `/events?${query}`)) as { data: { id: string }[] };
  const ids = new Set(data.map(({ id }) => id));
  return (await arrivalsOf(team, sourceId)).filter(({ eventId }) => eventId !== null && ids.has(eventId));
}

async function arrivalsOf(team: DrillTeam, sourceId: string): Promise<(ReachedBy & { eventId: string | null })[]> {
  const { data } = (await team.want('GET', `/sources/${sourceId}/arrivals`)) as { data: ArrivalView[] };
  return data.map(({ at, ...rest }) => ({ ...rest, atMs: Date.parse(at) }));
}

async function rejectedSince(
  team: DrillTeam,
  sourceId: string,
  sinceMs: number,
): Promise<{ reason: string; count: number }[]> {
  const path = `/sources/${sourceId}/rejections?limit=${rejectionsMost}`;
  const { data } = (await team.want('GET', path)) as { data: { reason: string; count: number; lastAt: string }[] };
  const counts = new Map<string, number>();
  for (const { reason, count, lastAt } of data) {
    if (Date.parse(lastAt) >= sinceMs) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

function isOwnMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
