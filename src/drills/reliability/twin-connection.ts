import type { Policy } from '../../connections/policy.ts';
import type { Subject } from '../../readiness/finding.ts';
import type { Answer, DrillNode, Json, Stage } from '../stage.ts';
import { type DrillTeam, drillTeam } from './drill-team.ts';
import { ownTeam } from './subject-endpoint.ts';

/** What a twin of a connection takes over of it: whose API it is and its policy, and nothing of its credentials. */
export type SubjectConnection = {
  id: string;
  provider: string;
  environment: 'sandbox' | 'production';
  status: 'active' | 'paused';
  policy: Policy;
  credentials?: readonly { kind: string }[];
};

type PolicyChange = { [Part in keyof Policy]?: Partial<Policy[Part]> };

/** What a caller got. `status` 0: no answer came, or one that broke off. */
export type TwinAnswer = {
  status: number;
  /** Posthorn's own: null for an answer of the provider. */
  code: string | null;
  tookMs: number;
  endedAtMs: number;
  headers: Headers;
  callId: string;
  text: string;
};

export type TwinConnection = {
  readonly id: string;
  readonly node: DrillNode;
  readonly team: DrillTeam;
  /** A path that no two calls of the drill share, of no operation that has a meaning at the provider. */
  path(what: string | number): string;
  call(method: string, path: string, options?: { body?: string; withinMs?: number }): Promise<TwinAnswer>;
  /** What the ledger says of a call that ended. */
  onRecord(callId: string): Promise<CallView | null>;
};

/** A call of the ledger, as far as drills ask. */
export type CallView = {
  id: string;
  outcome: string;
  error: string | null;
  status: number | null;
  credentialId: string | null;
  tries: { status: number | null; error: string | null }[];
};

/** Where calls without a meaning go, by provider: below the base URL of the connection. */
const places: Readonly<Record<string, { base: string; path: string }>> = {
  documenso: { base: '', path: '/api/v2/drill' },
  docusign: { base: '/restapi', path: '/v2.1/accounts/drill/drill' },
  goroute: { base: '/peppol-api', path: '/api/v1/drill' },
};
const anyPlace = { base: '', path: '/drill' };
const plenty = 1_000_000;
const callTimeoutMs = 90_000;
const recordedWithinMs = 10_000;

/** @throws when the connection is gone */
export async function readConnection(stage: Stage, subject: Subject): Promise<SubjectConnection> {
  return (await ownTeam(stage).want('GET', `/connections/${subject.id}`)) as SubjectConnection;
}

/** A node and a team for twins of connections. */
export async function callingTeam(stage: Stage): Promise<{ node: DrillNode; team: DrillTeam }> {
  const node = await stage.node();
  return { node, team: await drillTeam(node) };
}

/**
 * A connection with the subject's provider and policy to a server of the drill.
 * @param options.policy in place of the subject's. @param options.freeBudgets no published limit holds calls back
 */
export async function twinConnection(
  stage: Stage,
  connection: SubjectConnection,
  options: {
    url: string;
    policy?: PolicyChange;
    freeBudgets?: boolean;
    at?: { node: DrillNode; team: DrillTeam };
    credentials?: readonly Json[];
    environment?: SubjectConnection['environment'];
    /** Below `url`, in place of the provider's usual path. */
    base?: string;
  },
): Promise<TwinConnection> {
  const { node, team } = options.at ?? (await callingTeam(stage));
  const { provider } = connection;
  const environment = options.environment ?? connection.environment;
  const { base, path } = places[provider] ?? anyPlace;
  const policy = policyOf(connection.policy, options.policy ?? {});
  const { id } = await team.want('POST', '/connections', {
    provider,
    environment,
    name: 'drill',
    baseUrl: options.url + (options.base ?? base),
    ...(provider === 'documenso' || provider === 'generic' ? { selfHosted: true } : {}),
    credentials: options.credentials ?? [credentialOf(provider, environment, 'first')],
    policy,
  });
  const connectionId = String(id);
  if (options.freeBudgets === true) {
    const { connections } = await node.want('GET', `/health/${provider}`, { key: team.key });
    const twin = (connections as ProviderHealth[]).find((each) => each.id === connectionId);
    const limits = (twin?.budgets ?? []).map(({ name, windowSeconds }) => ({
      name,
      limit: plenty,
      windowMs: windowSeconds * 1000,
    }));
    await team.want('PATCH', `/connections/${connectionId}`, { policy: { budget: { limits } } });
  }
  return {
    id: connectionId,
    node,
    team,
    path: (what) => `${path}/${what}`,
    async call(method, at, { body, withinMs = callTimeoutMs } = {}) {
      const startedAtMs = performance.now();
      const ended = (): { tookMs: number; endedAtMs: number } => ({
        tookMs: performance.now() - startedAtMs,
        endedAtMs: Date.now(),
      });
      try {
        const answer = await fetch(`${node.url}/egress/${connectionId}${at}`, {
          method,
          headers: {
            'posthorn-key': team.key,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body }),
          redirect: 'manual',
          signal: AbortSignal.any([stage.signal, AbortSignal.timeout(withinMs)]),
        });
        const { status, headers } = answer;
        const callId = headers.get('posthorn-call-id') ?? '';
        const text = await answer.text().catch(() => null);
        if (text === null) return { status: 0, code: null, headers, callId, text: '', ...ended() };
        return { status, code: codeOf(headers, text), headers, callId, text, ...ended() };
      } catch {
        stage.signal.throwIfAborted();
        return { status: 0, code: null, headers: new Headers(), callId: '', text: '', ...ended() };
      }
    },
    onRecord: (callId) =>
      stage.until(async () => {
        const { status, body } = await team.call('GET', `/calls/${callId}`);
        const call = body as unknown as CallView;
        return status === 200 && call.outcome !== 'running' ? call : null;
      }, recordedWithinMs),
  };
}

type ProviderHealth = {
  id: string;
  breaker: string;
  lastSuccessAt: string | null;
  lastError: { error: string; at: string } | null;
  budgets: { name: string; windowSeconds: number }[];
};

/** How a twin is, as the gateway's page on its provider says. */
export async function healthOfTwin(twin: TwinConnection, provider: string): Promise<ProviderHealth> {
  const { connections } = await twin.node.want('GET', `/health/${provider}`, { key: twin.team.key });
  const found = (connections as ProviderHealth[]).find(({ id }) => id === twin.id);
  if (found === undefined) throw new Error(`/health/${provider} does not show the connection of the drill.`);
  return found;
}

/** A credential that a server of the drill takes, whatever it is. */
export function credentialOf(provider: string, environment: string, name: string): Json {
  const value = `drill-${name}`;
  if (provider !== 'goroute') return { name, kind: 'bearer', fields: { token: value } };
  const key = environment === 'sandbox' ? `sk_test_${value}` : value;
  return { name, kind: 'header', fields: { name: 'X-API-Key', value: key } };
}

/** Counts requests by the last part of their path. */
export function answerByPath(answer: (what: string, number: number) => ReturnType<Answer>): Answer {
  const counts = new Map<string, number>();
  return ({ path }) => {
    const what = path.slice(path.lastIndexOf('/') + 1);
    const number = (counts.get(what) ?? 0) + 1;
    counts.set(what, number);
    return answer(what, number);
  };
}

function policyOf(policy: Policy, change: PolicyChange): Json {
  const parts = Object.entries(policy).map(([part, values]) => [part, { ...values, ...change[part as keyof Policy] }]);
  return Object.fromEntries(parts) as Json;
}

function codeOf(headers: Headers, text: string): string | null {
  if (!(headers.get('content-type') ?? '').startsWith('application/problem+json')) return null;
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === 'string' ? code : null;
  } catch {
    return null;
  }
}
