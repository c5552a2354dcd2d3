import { afterAll } from 'vitest';
import type { DrilledGateway } from './support/drilled-gateway.ts';
import { type DrillProof, proveDrills } from './support/prove-drills.ts';
import { startProxyFront } from './support/proxy-front.ts';

type Made = { id: string };

/** A connection that is only read, to be twinned. */
const connectionOf =
  (provider: 'documenso' | 'docusign' | 'generic') =>
  async ({ api, team }: DrilledGateway): Promise<string> => {
    const body = {
      provider,
      environment: 'sandbox',
      name: 'Drilled',
      baseUrl: 'http://127.0.0.1:9',
      ...(provider === 'documenso' ? { selfHosted: true } : {}),
      credentials: [{ kind: 'bearer', fields: { token: 'api_example' } }],
    };
    return (await api.call<Made>('POST', `/v1/teams/${team}/connections`, body)).id;
  };

/** One whose credential is exchanged for a token. */
const exchanging = async ({ api, team }: DrilledGateway): Promise<string> => {
  const fields = { tokenUrl: 'http://127.0.0.1:9/token', clientId: 'posthorn', clientSecret: 'a client secret' };
  const credentials = [{ kind: 'oauth-client-credentials', fields }];
  const body = {
    provider: 'generic',
    environment: 'sandbox',
    name: 'Drilled',
    baseUrl: 'http://127.0.0.1:9',
    credentials,
  };
  return (await api.call<Made>('POST', `/v1/teams/${team}/connections`, body)).id;
};

const setPolling = ({ api, team }: DrilledGateway, subject: string | null, mode: string): Promise<unknown> =>
  api.call('PATCH', `/v1/teams/${team}/connections/${subject}`, { policy: { polling: { mode } } });

const guarded = async (gateway: DrilledGateway): Promise<string> => {
  const id = await connectionOf('docusign')(gateway);
  await setPolling(gateway, id, 'serve');
  return id;
};

/** Of one run: real processes on a machine that does other things too. */
const withinMs = 420_000;

const front = await startProxyFront();
afterAll(() => front.stop());

/** A source whose gateway is known by the address of the proxy in front of it. */
const behindProxy = async ({ api, team, url }: DrilledGateway): Promise<string> => {
  front.target = url;
  const body = {
    provider: 'documenso',
    name: 'Drilled',
    credentials: [{ value: 'a-long-and-random-secret-0123456789' }],
  };
  return (await api.call<Made>('POST', `/v1/teams/${team}/sources`, body)).id;
};

const proofs: readonly DrillProof[] = [
  {
    check: 'breaker.opens-and-recovers',
    pace: 0.1,
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/calling/policy/circuit-breaker.rules.ts',
        find: "  if ((status !== null && status >= 500) || (error !== null && networkErrors.has(error))) return 'failed';\n",
        replace: `  if (error === 'timeout') return 'abandoned';
  if ((status !== null && status >= 500) || (error !== null && networkErrors.has(error))) return 'failed';\n`,
      },
    ],
  },
  {
    check: 'call.backs-off-on-429-and-5xx',
    prepare: connectionOf('docusign'),
    mutate: [
      {
        file: 'src/calling/send-call.ts',
        find: '    await pause(call, decision.delayMs);\n',
        replace: '',
      },
    ],
  },
  {
    check: 'call.bulk-concurrency-bounded',
    prepare: connectionOf('generic'),
    mutate: [
      {
        file: 'src/calling/take-turn.ts',
        find: ' ?? waitForTurn(call);',
        replace: ' ?? ((): void => undefined);',
      },
      {
        file: 'src/calling/connection-state.ts',
        find: 'maxConnections: this.config.policy.concurrency.most });',
        replace: 'maxConnections: 300 });',
      },
    ],
  },
  {
    check: 'call.errors-classed-retryable-or-permanent',
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/calling/policy/retry.rules.ts',
        find: '  return status === 408 || status === 429',
        replace: '  return status === 401 || status === 403 || status === 408 || status === 429',
      },
      {
        file: 'src/calling/send-call.ts',
        find: '!(status === 401 ? await this.#mayAuthorize() : await this.#mayTryAgain(outcome))',
        replace: '!(await this.#mayTryAgain(outcome))',
      },
    ],
  },
  {
    check: 'call.timeouts-cut-hung-provider',
    pace: 0.1,
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/egress/upstream-exchange.ts',
        find: '    this.#expect(this.#timeouts.firstByteMs);\n',
        replace: '',
      },
    ],
  },
  {
    check: 'health.provider-status-true',
    pace: 0.2,
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/calling/connection-health.ts',
        find: '    lastFailure: state?.lastFailure ?? null,\n',
        replace: '    lastFailure: null,\n',
      },
    ],
  },
  {
    check: 'docusign.polling.guard-holds',
    prepare: guarded,
    plant: (gateway, subject) => setPolling(gateway, subject, 'observe'),
    mend: (gateway, subject) => setPolling(gateway, subject, 'serve'),
  },
  {
    check: 'docusign.golive.uncounted-traffic-ignored',
    prepare: connectionOf('docusign'),
    mutate: [
      {
        file: 'src/providers/docusign/api.rules.ts',
        find: "new Set(['login', ...Object.values(docusignAccountCalls)]);",
        replace: "new Set(['login']);",
      },
    ],
  },
  {
    check: 'connection.credential.rotates-without-downtime',
    pace: 0.5,
    prepare: exchanging,
    mutate: [
      {
        file: 'src/authorization/token-authorization.ts',
        find: '    if (known?.credential === credential) return known;\n',
        replace: `    if (known?.credential === credential) return known;
    for (const former of ofConnections.get(connection.id)?.values() ?? []) return former;\n`,
      },
      {
        file: 'src/authorization/token-authorization.ts',
        find: '      ofConnections.delete(connectionId);\n',
        replace: '      void connectionId;\n',
      },
    ],
  },
  {
    check: 'outage.provider-degrades-gracefully',
    pace: 0.05,
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/calling/take-turn.ts',
        find: '  const before = state.circuit;\n',
        replace: `  const before = state.circuit;
  (globalThis as { isAway?: boolean }).isAway = result === 'failed';\n`,
      },
      {
        file: 'src/operations/check-readiness.ts',
        find: '  const engine = sources.engine();\n',
        replace: `  const engine = sources.engine();
  if ((globalThis as { isAway?: boolean }).isAway === true) checks.push({ name: 'provider', ok: false, detail: 'away' });\n`,
      },
    ],
  },
  {
    check: 'error.provider-text-not-exposed',
    prepare: connectionOf('documenso'),
    mutate: [
      {
        file: 'src/authorization/token-answer.rules.ts',
        find: '      : `answered ${status} ${known}; ${knownErrors[known]}`;',
        replace: '      : `answered ${status} ${known}; ${answer.body.toString()}`;',
      },
    ],
  },
  {
    check: 'documenso.webhook.url-rules',
    environment: { POSTHORN_PUBLIC_URL: front.url, NODE_EXTRA_CA_CERTS: front.caFile },
    prepare: behindProxy,
    plant: () => Promise.resolve((front.redirects = true)),
    mend: () => Promise.resolve((front.redirects = false)),
  },
];

proveDrills(
  'calls and providers',
  proofs.map((proof) => ({ withinMs, ...proof })),
);
