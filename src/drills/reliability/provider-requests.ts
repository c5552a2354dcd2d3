import { randomBytes } from 'node:crypto';
import type { Options } from '../../providers/provider-profile.ts';
import { prepareSimulation } from '../../simulation/prepare-simulation.ts';
import { genericRequest } from '../security/generic-sender.rules.ts';
import { completed, credentialsOf, makeIdentity, type TwinIdentity, usualKind } from '../security/twin-identity.ts';
import { makeTwin } from '../security/twin-source.ts';
import type { Gateway } from '../stage.ts';
import type { DrillTeam } from './drill-team.ts';

/** A source of a drill, and its provider's requests to it. */
export type TwinSource = {
  readonly id: string;
  readonly provider: string;
  /** What it verifies with. */
  readonly secret: string;
  /** So many notifications, each of which can be sent again and again. */
  notifications(count: number): Promise<TwinNotification[]>;
};

export type TwinNotification = {
  /** As of one attempt: what the provider makes anew each time is new each time. */
  request(gateway: Gateway, attempt?: number): ProviderRequest;
};

export type ProviderRequest = { url: string; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> };

/** What was answered; null when no answer came. */
export type ProviderAnswer = { status: number | null; tookMs: number };

type TwinSettings = {
  provider: string;
  options?: Options;
  /** Of credentials; the usual one of the provider when it is left out. */
  kinds?: readonly string[];
  acceptUncovered?: boolean;
  dedupeWindowSeconds?: number;
  bodyMaxBytes?: number;
};

/**
 * A source with credentials of its own, at a team of a drill.
 * @throws for a provider whose requests cannot be made
 */
export async function twinSource(team: DrillTeam, settings: TwinSettings): Promise<TwinSource> {
  const { provider, options = {}, acceptUncovered = false, dedupeWindowSeconds, bodyMaxBytes } = settings;
  const { kinds = [usualKind(provider)] } = settings;
  const identity = makeIdentity(provider, options);
  const sender = { credentials: credentialsOf(kinds, identity) };
  const shape = { provider, options, acceptUncovered };
  const more = {
    ...(dedupeWindowSeconds === undefined ? {} : { dedupeWindowSeconds }),
    ...(bodyMaxBytes === undefined ? {} : { bodyMaxBytes }),
  };
  const { id: sourceId } = await makeTwin(team.gateway, team, { shape, sender, more });
  const make = provider === 'generic' ? genericNotifications : simulatedNotifications;
  return {
    id: sourceId,
    provider,
    secret: identity.secret,
    notifications: (count) => make({ sourceId, provider, options, kinds, identity, count }),
  };
}

/** Sends it as a provider does: no redirects, and no patience beyond `timeoutMs`. */
export async function sendAsProvider(
  request: ProviderRequest,
  signal: AbortSignal,
  timeoutMs = 10_000,
): Promise<ProviderAnswer> {
  const startedAtMs = performance.now();
  const took = (status: number | null): ProviderAnswer => ({ status, tookMs: performance.now() - startedAtMs });
  try {
    const answer = await fetch(request.url, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await answer.arrayBuffer();
    return took(answer.status);
  } catch {
    signal.throwIfAborted();
    return took(null);
  }
}

type MakeInput = {
  sourceId: string;
  provider: string;
  options: Options;
  kinds: readonly string[];
  identity: TwinIdentity;
  count: number;
};

async function simulatedNotifications({
  sourceId,
  provider,
  options,
  kinds,
  identity,
  count,
}: MakeInput): Promise<TwinNotification[]> {
  const { signatureHeader } = options;
  const prepared = await prepareSimulation(
    {
      provider,
      to: `http://127.0.0.1/in/${sourceId}`,
      secrets: [identity.secret],
      burst: count,
      ...(provider === 'goroute' && typeof signatureHeader === 'string' ? { signatureHeader } : {}),
    },
    Date.now(),
  );
  return [...prepared.plan].map((planned) => {
    let firstMs = 0;
    return {
      request(gateway, attempt = 1) {
        const nowMs = Date.now() + attempt - 1;
        firstMs ||= nowMs;
        const signed = prepared.requestOf(planned, prepared.stamp(attempt, nowMs, firstMs));
        const made = completed(signed, { kinds, options, as: identity });
        const { pathname, search } = new URL(made.url);
        return {
          url: gateway.url + pathname + search,
          headers: Object.fromEntries(made.headers),
          body: new Uint8Array(made.body),
        };
      },
    };
  });
}

/** Of a sender that only options describe; each is the same whenever it is sent. */
function genericNotifications({ sourceId, options, identity, count }: MakeInput): Promise<TwinNotification[]> {
  const notifications = Array.from({ length: count }, () => {
    const id = randomBytes(12).toString('hex');
    const atMs = Date.now();
    return {
      request(gateway: Gateway) {
        const url = `${gateway.url}/in/${sourceId}`;
        const sent = { url, secret: identity.secret, atMs, id, subject: id };
        const { headers, body } = genericRequest(options, sent);
        return { url, headers: Object.fromEntries(headers), body: new Uint8Array(body) };
      },
    };
  });
  return Promise.resolve(notifications);
}
