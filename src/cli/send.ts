import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { environmentWith, readClientSettings } from '../config.ts';
import { type ApiClient, ApiProblem, createApiClient } from './api/api-client.ts';
import { findKey } from './api/client-key.ts';
import { findTeam } from './api/find-team.ts';
import { CliFailure } from './failure.ts';
import { eventRequest } from './send/event-request.rules.ts';
import { followDeliveries } from './send/follow-deliveries.ts';
import { renderAttempt, renderState } from './send/render-attempt.rules.ts';
import { counted, readableDuration } from './terminal/readable.rules.ts';
import { safeText } from './terminal/safe-text.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

export type SendOptions = {
  data?: string;
  file?: string;
  team?: string;
  key?: string;
  url?: string;
  contentType?: string;
  idempotencyKey?: string;
  orderingKey?: string;
  register?: true;
  wait?: true;
  /** Seconds that `wait` waits. */
  timeout: number;
  json?: true;
};

type Accepted = { id: string; type: string; acceptedAt: string; deliveries: number; duplicate: boolean };

/** Posts an event; with `wait` the exit code is 1 unless every delivery succeeded. */
export async function runSend(type: string, options: SendOptions, terminal: Terminal): Promise<0 | 1> {
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: options.url }));
  const request = eventRequest(
    {
      type,
      contentType: options.contentType,
      idempotencyKey: options.idempotencyKey,
      orderingKey: options.orderingKey,
    },
    await readPayload(options),
  );
  if (request === null) throw new CliFailure('the payload is not JSON', 'mend it, or name its --content-type', 2);
  const api = createApiClient({ url: settings.url, key: await findKey(options.key, settings) });
  const team = await findTeam(api, options.team ?? settings.team);

  const post = () => api.request<Accepted>('POST', `/v1/teams/${team}/events${request.query}`, undefined, request.raw);
  const accepted = options.register === true ? await postRegistering(api, team, type, post) : await post();
  sayAccepted(accepted, options.json === true, terminal);
  if (options.wait !== true || accepted.deliveries === 0) return 0;
  return await follow(api, { team, accepted, timeoutMs: options.timeout * 1000 }, terminal);
}

async function readPayload(options: SendOptions): Promise<Buffer> {
  if (options.data !== undefined && options.file !== undefined) {
    throw new CliFailure('--data and --file are both given', 'choose one', 2);
  }
  if (options.data === '-' || options.file === '-') return await buffer(process.stdin);
  if (options.file === undefined) return Buffer.from(options.data ?? '{}');
  try {
    return await readFile(options.file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliFailure(`${options.file} cannot be read (${code})`, 'name a file with --file, or - to read here');
  }
}

async function postRegistering(
  api: ApiClient,
  team: string,
  type: string,
  post: () => Promise<Accepted>,
): Promise<Accepted> {
  try {
    return await post();
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'unknown_event_type') throw error;
  }
  try {
    await api.request('POST', `/v1/teams/${team}/event-types`, { name: type });
  } catch (error) {
    // Somebody else registered it meanwhile.
    if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
  }
  return await post();
}

function sayAccepted(accepted: Accepted, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify(accepted));
    return;
  }
  const { paint } = terminal;
  const going =
    accepted.deliveries === 0
      ? paint.yellow('no endpoint is subscribed')
      : `${counted(accepted.deliveries, 'delivery', 'deliveries')}`;
  const again = accepted.duplicate ? paint.yellow('  accepted before, not sent again') : '';
  terminal.out(`${paint.green('accepted')}  ${safeText(accepted.id, 'one line')}  ${going}${again}`);
}

async function follow(
  api: ApiClient,
  input: { team: string; accepted: Accepted; timeoutMs: number },
  terminal: Terminal,
): Promise<0 | 1> {
  const { paint } = terminal;
  const deliveries = await followDeliveries(
    api,
    { team: input.team, eventId: input.accepted.id, timeoutMs: input.timeoutMs },
    {
      onAttempt: (delivery, attempt) => terminal.err(renderAttempt(delivery, attempt, paint)),
      onState: (delivery) => terminal.err(`          ${delivery.endpointId}  ${renderState(delivery, paint)}`),
    },
  );
  const pending = deliveries.filter((delivery) => delivery.state === 'pending');
  if (pending.length > 0 || deliveries.length === 0) {
    const count = counted(pending.length, 'delivery is', 'deliveries are');
    throw new CliFailure(
      `${count} still pending after ${readableDuration(input.timeoutMs)}`,
      'Posthorn goes on by itself; wait longer with --timeout',
    );
  }
  return deliveries.every((delivery) => delivery.state === 'succeeded') ? 0 : 1;
}
