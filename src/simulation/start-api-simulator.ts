import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createApi, type ProviderApis, type ProviderOptions } from './api/create-api.ts';
import { createFaultBook, type Fault, faultRemedy, parseFault } from './api/faults.rules.ts';
import { createRequestLog, type RecordedRequest } from './api/request-log.ts';
import { createListener } from './api/serve.ts';
import type { WorldAction, WorldSubject } from './api/served.ts';
import { createWebhookSender, type SentWebhook, type WebhookOptions } from './api/webhook-sender.ts';
import { createRandom } from './random.rules.ts';
import { SimulationProblem } from './simulation-settings.rules.ts';

export type { ProviderOptions, RecordedRequest, SentWebhook };
export type SimulatedProvider = keyof ProviderApis;

/** Providers whose API can be simulated. */
export const simulatedApis = ['documenso', 'docusign', 'goroute'] as const satisfies readonly SimulatedProvider[];

export type ApiSimulatorOptions<Provider extends SimulatedProvider> = {
  provider: Provider;
  /** 0, the default, takes a free one. Always on this machine's loopback. */
  port?: number;
  tls?: { certPem: string; keyPem: string };
  /** Equal seeds make equal ids, as long as the same requests come; else one is made up. */
  seed?: string;
  /** As data, or as in `slow=2s:10%@GET /api/*`. */
  faults?: readonly (Fault | string)[];
  webhook?: WebhookOptions & { secret?: string };
  clock: Clock;
  onRequest?: (request: RecordedRequest) => void;
  onWebhook?: (sent: SentWebhook) => void;
  /** Something that is a defect of the simulator. */
  onError?: (error: unknown) => void;
} & ProviderOptions[Provider];

export type ApiSimulator<Provider extends SimulatedProvider> = {
  /** Without a slash at its end and without the path of the API. */
  url: string;
  seed: string;
  /** The newest 10,000; nothing that they carried. */
  requests(): readonly RecordedRequest[];
  webhooks(): readonly SentWebhook[];
  /** Instead of those that there are. */
  setFaults(faults: readonly (Fault | string)[]): void;
  world: {
    /** Lets somebody do something; webhooks follow. Throws a ScenarioProblem where it cannot happen. */
    act(action: WorldAction): void;
    /** The newest first. */
    subjects(): readonly WorldSubject[];
    /** Lets happen what is due by the clock now, for clocks that tests move. */
    advance(): void;
    /** What is the provider's own: tokens, accounts, switches. */
    api: ProviderApis[Provider];
  };
  stop(): Promise<void>;
};

/** How many webhooks are remembered. */
const mostWebhooks = 10_000;

/**
 * Plays a provider's API over HTTP, in memory. Throws a SimulationProblem for options that do not fit, and whatever
 * `listen` does.
 */
export async function startApiSimulator<Provider extends SimulatedProvider>(
  options: ApiSimulatorOptions<Provider>,
): Promise<ApiSimulator<Provider>> {
  const { clock, tls } = options;
  const seed = options.seed ?? randomBytes(4).toString('hex');
  let url = '';
  const api = createApi(options.provider, { random: createRandom(`${seed}/world`), origin: () => url }, options);
  const faults = createFaultBook(readFaults(options.faults ?? []), createRandom(`${seed}/faults`));
  const log = createRequestLog(options.onRequest ?? null);
  const webhooks: SentWebhook[] = [];
  const stopped = new AbortController();
  const sender = createWebhookSender({
    provider: options.provider,
    webhook: webhookOf(options.webhook),
    nowMs: () => clock.now(),
    onSent(sent) {
      webhooks.push(sent);
      if (webhooks.length > mostWebhooks) webhooks.shift();
      options.onWebhook?.(sent);
    },
  });
  let timer: NodeJS.Timeout | undefined;

  function onChange(): void {
    for (const effect of api.takeEffects()) {
      if (effect.kind === 'notify') sender.send(effect.notification, effect.to);
      else sender.republish(effect.subject);
    }
    clearTimeout(timer);
    const dueAtMs = api.dueAtMs();
    if (dueAtMs !== null && !stopped.signal.aborted) timer = setTimeout(advance, Math.max(10, dueAtMs - clock.now()));
  }

  function advance(): void {
    api.advance(clock.now());
    onChange();
  }

  const onError = options.onError ?? (() => undefined);
  const listener = createListener({
    api,
    faults,
    clock,
    log,
    origin: () => url,
    onChange,
    onError,
    stopped: stopped.signal,
  });
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.certPem, key: tls.keyPem }, listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onChange();

  return {
    url,
    seed,
    requests: log.all,
    webhooks: () => [...webhooks],
    setFaults: (next) => faults.replace(readFaults(next)),
    world: {
      act(action) {
        api.act(action, clock.now());
        onChange();
      },
      subjects: () => api.subjects(),
      advance,
      api,
    },
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, sender.stop()]);
    },
  };
}

function readFaults(faults: readonly (Fault | string)[]): Fault[] {
  return faults.map((fault) => {
    if (typeof fault !== 'string') return fault;
    const read = parseFault(fault);
    if (read === null) throw new SimulationProblem(`the fault "${fault}" is not known`, faultRemedy);
    return read;
  });
}

function webhookOf(given: (WebhookOptions & { secret?: string }) | undefined): WebhookOptions | null {
  if (given === undefined) return null;
  const { secret, ...rest } = given;
  return secret === undefined ? rest : { ...rest, secrets: [secret, ...(rest.secrets ?? [])] };
}
