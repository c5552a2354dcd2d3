import { createHmac, randomBytes } from 'node:crypto';
import { prepareSimulation } from '../../simulation/prepare-simulation.ts';
import type { Gateway, Json } from '../stage.ts';
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

type Options = Readonly<Record<string, string | number | boolean>>;
type TwinSettings = {
  provider: string;
  options?: Options;
  acceptUncovered?: boolean;
  dedupeWindowSeconds?: number;
  bodyMaxBytes?: number;
};

/**
 * A source with credentials of its own, at a team of a drill.
 * @throws for a provider whose requests cannot be made
 */
export async function twinSource(team: DrillTeam, settings: TwinSettings): Promise<TwinSource> {
  const { provider, options = {}, ...rest } = settings;
  const credential = makeCredential(provider, options);
  const body: { [name: string]: Json } = { provider, name: 'drill', credentials: [credential], options, ...rest };
  const { id } = await team.want('POST', '/sources', body);
  const sourceId = String(id);
  const make = provider === 'generic' ? genericNotifications : simulatedNotifications;
  return {
    id: sourceId,
    provider,
    secret: credential.value,
    notifications: (count) => make({ sourceId, provider, options, secret: credential.value, count }),
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

type MakeInput = { sourceId: string; provider: string; options: Options; secret: string; count: number };

async function simulatedNotifications({
  sourceId,
  provider,
  options,
  secret,
  count,
}: MakeInput): Promise<TwinNotification[]> {
  const { signatureHeader } = options;
  const prepared = await prepareSimulation(
    {
      provider,
      to: `http://127.0.0.1/in/${sourceId}`,
      secrets: [secret],
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
        const made = prepared.requestOf(planned, prepared.stamp(attempt, nowMs, firstMs));
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

/** Signs as the options of the generic profile say: see docs/providers.md. */
function genericNotifications({ sourceId, options, secret, count }: MakeInput): Promise<TwinNotification[]> {
  const text = (name: string, otherwise: string): string => String(options[name] ?? '') || otherwise;
  const notifications = Array.from({ length: count }, () => {
    const id = randomBytes(12).toString('hex');
    const atMs = Date.now();
    const body = new Uint8Array(Buffer.from(JSON.stringify(withPath({ drill: id }, text('duplicatesPath', ''), id))));
    const timestamp = String(text('timestampUnit', 'seconds') === 'seconds' ? Math.floor(atMs / 1000) : atMs);
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    const set = (name: string, value: string): void => {
      const header = text(name, '');
      if (header !== '') headers[header] = value;
    };
    set('idHeader', id);
    set('timestampHeader', timestamp);
    const scheme = text('scheme', 'hmac');
    const header = text('header', 'x-signature');
    if (scheme === 'basic') headers['authorization'] = `Basic ${Buffer.from(secret).toString('base64')}`;
    else if (scheme === 'shared-secret') headers[header] = text('prefix', '') + secret;
    else {
      const hmac = createHmac(text('algorithm', 'sha256'), secret);
      for (const part of text('signedContent', '{body}').split(/(\{(?:body|timestamp|id)\})/)) {
        hmac.update(part === '{body}' ? body : part === '{timestamp}' ? timestamp : part === '{id}' ? id : part);
      }
      headers[header] = text('prefix', '') + hmac.digest(text('encoding', 'hex') === 'base64' ? 'base64' : 'hex');
    }
    return { request: (gateway: Gateway) => ({ url: `${gateway.url}/in/${sourceId}`, headers, body }) };
  });
  return Promise.resolve(notifications);
}

function withPath(target: Record<string, unknown>, path: string, value: string): Record<string, unknown> {
  if (path === '') return target;
  const [first = '', ...rest] = path.split('.');
  return { ...target, [first]: rest.length === 0 ? value : withPath({}, rest.join('.'), value) };
}

function makeCredential(provider: string, options: Options): { kind: string; value: string } {
  const random = randomBytes(32);
  const key = random.toString('base64url');
  switch (provider) {
    case 'docusign':
      return { kind: 'hmac', value: random.toString('base64') };
    case 'stripe':
      return { kind: 'secret', value: `whsec_${random.toString('hex')}` };
    case 'standard-webhooks':
      return { kind: 'secret', value: `whsec_${random.toString('base64')}` };
    case 'generic':
      return { kind: 'secret', value: options['scheme'] === 'basic' ? `drill:${key}` : key };
    default:
      return { kind: kinds[provider] ?? 'secret', value: key };
  }
}

/** Where it is called otherwise than a secret. */
const kinds: Readonly<Record<string, string>> = {
  'dropbox-sign': 'api-key',
  pandadoc: 'shared-key',
  'adobe-sign': 'client-id',
  signwell: 'webhook-id',
};
