import { SimulationProblem } from '../../simulation/simulation-settings.rules.ts';
import {
  type ApiSimulator,
  type ApiSimulatorOptions,
  type RecordedRequest,
  type SentWebhook,
  type SimulatedProvider,
  startApiSimulator,
} from '../../simulation/start-api-simulator.ts';
import { simulators } from '../../simulation/simulators.rules.ts';
import { CliFailure } from '../failure.ts';
import { untilStopped } from '../stop-signals.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ApiFlags } from './api-flags.ts';
import { commonOptions, demandApi, ownOptions } from './api-options.ts';
import { type DemoKey, openDemoKey } from './demo-key.ts';
import {
  renderFarewell,
  renderRequest,
  renderRequestHeading,
  renderSent,
  renderSetUp,
  type SetUp,
} from './render-api.rules.ts';

/** Plays a provider's API until the process is told to stop. Throws a CliFailure for flags that do not fit. */
export async function runSimulateApi(
  name: string,
  flags: ApiFlags,
  terminal: Terminal,
  given: { stopped?: Promise<unknown>; stdin?: NodeJS.ReadableStream } = {},
): Promise<void> {
  const provider = demandApi(name);
  const common = await commonOptions(provider, flags, given.stdin);
  const key = provider === 'docusign' ? await openDemoKey(flags.privateKey ?? null) : null;
  try {
    const options = { ...common, clock: { now: () => Date.now() }, ...listeners(flags, terminal) };
    const { url, setUp, simulator } = await start(provider, options, flags, key);
    try {
      greet({ title: simulators.get(provider)?.title ?? provider, url, setUp }, flags, terminal);
      await (given.stopped ?? untilStopped());
    } finally {
      await simulator.stop();
    }
    const { paint, out } = terminal;
    if (flags.json !== true) out(renderFarewell(simulator.requests().length, simulator.webhooks().length, paint));
  } catch (error) {
    if (error instanceof SimulationProblem) throw new CliFailure(error.what, error.remedy, 2);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new CliFailure(`port ${flags.port} is taken`, 'choose another with --port');
    throw error;
  } finally {
    await key?.remove();
  }
}

type Given = Omit<ApiSimulatorOptions<'documenso'>, 'provider'>;
type Started = {
  url: string;
  setUp: SetUp;
  simulator: Pick<ApiSimulator<SimulatedProvider>, 'stop' | 'requests' | 'webhooks'>;
};

async function start(
  provider: SimulatedProvider,
  given: Given,
  flags: ApiFlags,
  key: DemoKey | null,
): Promise<Started> {
  const own = ownOptions(flags);
  if (provider === 'documenso') {
    const simulator = await startApiSimulator({ provider, ...own, ...given });
    return { simulator, ...documensoSetUp(simulator) };
  }
  if (provider === 'goroute') {
    const simulator = await startApiSimulator({ provider, ...own, ...given });
    const { url } = simulator;
    const setUp = [
      ['base URL', `${url}/peppol-api`],
      ['api key', simulator.world.api.apiKey],
    ] as const;
    return { simulator, url, setUp };
  }
  const simulator = await startApiSimulator({ provider, ...own, ...given, publicKeyPem: key?.publicKeyPem ?? '' });
  return { simulator, ...docusignSetUp(simulator, key?.path ?? '') };
}

function documensoSetUp({ url, world }: ApiSimulator<'documenso'>): { url: string; setUp: SetUp } {
  const setUp = [
    ['base URL', url],
    ['API v2', `${url}/api/v2`],
    ['API v1', `${url}/api/v1`],
    ['api token', world.api.apiToken],
  ] as const;
  return { url, setUp };
}

function docusignSetUp({ url, world }: ApiSimulator<'docusign'>, keyPath: string): { url: string; setUp: SetUp } {
  const { accountId, integrationKey, userId } = world.api;
  const scope = 'signature%20impersonation';
  const setUp = [
    ['base URL', `${url}/restapi`],
    ['account server', url],
    ['account id', accountId],
    ['integration key', integrationKey],
    ['user id', userId],
    ['private key', keyPath],
    ['consent', `${url}/oauth/auth?response_type=code&scope=${scope}&client_id=${integrationKey}`],
  ] as const;
  return { url, setUp };
}

function greet(told: { title: string; url: string; setUp: SetUp }, flags: ApiFlags, terminal: Terminal): void {
  const { out, paint, width } = terminal;
  if (flags.json === true) {
    const named = told.setUp.map(([name, value]) => [camelCase(name), value] as const);
    out(JSON.stringify({ setUp: { url: told.url, ...Object.fromEntries(named) } }));
    return;
  }
  for (const line of renderSetUp(told.title, told.url, told.setUp, paint)) out(line);
  out(renderRequestHeading(width, paint));
}

function listeners(flags: ApiFlags, { out, err, paint, width }: Terminal) {
  const isJson = flags.json === true;
  return {
    onRequest: (request: RecordedRequest): void =>
      out(isJson ? JSON.stringify({ request }) : renderRequest(request, width, paint)),
    onWebhook: (webhook: SentWebhook): void =>
      out(isJson ? JSON.stringify({ webhook }) : renderSent(webhook, width, paint)),
    onError: (error: unknown): void =>
      err(`posthorn: the simulator has a defect: ${error instanceof Error ? error.message : String(error)}`),
  };
}

/** `base URL` as `baseUrl`. */
function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase());
}
