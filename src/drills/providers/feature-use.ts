import type { DocusignFeature } from '../../declarations/docusign-features.rules.ts';
import type { DrillTeam } from '../reliability/drill-team.ts';
import type { Stage } from '../stage.ts';
import { featureOfCall, featuresOfBody, listsWorkflows } from './feature-use.rules.ts';

const lookBackMs = 90 * 86_400_000;
/** Rare calls among many are searched for a bounded number at a time. */
const pagesMost = 20;
const bodiesMost = 50;
const bodiesPerPage = 50;
/** Calls whose bodies ask for features, where the ledger keeps bodies. */
const asking = ['envelopes.create', 'envelopes.recipients.create', 'envelopes.update', 'templates.create'];

type Call = { id: string };
type Page = { data: Call[]; nextCursor: string | null };

/**
 * Features that calls of the sandbox through these connections show to be in use, over 90 days: by their names, and by
 * fields of the newest bodies that the ledger keeps. Values of bodies are neither noted nor kept.
 */
export async function featuresInUse(
  stage: Stage,
  team: DrillTeam,
  { connections, declared }: { connections: readonly string[]; declared: readonly DocusignFeature[] },
): Promise<DocusignFeature[]> {
  const since = new Date(Date.now() - lookBackMs).toISOString();
  const found = new Set<DocusignFeature>();
  let bodies = 0;
  let hasWorkflows = false;
  for (const connection of connections) {
    const figures = `connection=${connection}&groupBy=operation&since=${encodeURIComponent(since)}`;
    const { groups } = (await team.want('GET', `/calls/stats?${figures}`)) as { groups: { key: string }[] };
    for (const { key: operation } of groups) {
      const feature = featureOfCall(operation);
      const query = `connection=${connection}&environment=sandbox&operation=${encodeURIComponent(operation)}&since=${encodeURIComponent(since)}`;
      // Figures count calls of production too, this drill's own among them.
      const isOfSandbox = async (): Promise<boolean> => (await newest(team, query, 1)).length > 0;
      if (feature !== null && !found.has(feature) && (await isOfSandbox())) found.add(feature);
      if (listsWorkflows(operation)) hasWorkflows ||= await isOfSandbox();
      if (!asking.includes(operation)) continue;
      for (const { id } of await newest(team, query, bodiesMost)) {
        const body = await bodyOf(team, id);
        if (body === null) continue;
        bodies += 1;
        for (const each of featuresOfBody(body)) found.add(each);
      }
    }
  }
  const all = new Set([...found, ...declared]);
  if (hasWorkflows && !all.has('phone-authentication')) found.add('identity-verification');
  stage.note('The ledger was looked through.', { connections: connections.length, bodies });
  return [...found];
}

async function newest(team: DrillTeam, query: string, most: number): Promise<Call[]> {
  const calls: Call[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pagesMost && calls.length < most; page += 1) {
    const limit = Math.min(bodiesPerPage, most - calls.length);
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { data, nextCursor } = (await team.want('GET', `/calls?${query}&limit=${limit}${after}`)) as Page;
    calls.push(...data);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return calls;
}

async function bodyOf(team: DrillTeam, id: string): Promise<string | null> {
  const { requestBody } = (await team.want('GET', `/calls/${id}`)) as {
    requestBody: { encoding: string; content: string } | null;
  };
  return requestBody?.encoding === 'utf-8' ? requestBody.content : null;
}
