import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { jsonAnswer } from './answers.rules.ts';
import { answerControl } from './control-pages.rules.ts';
import { type ChosenFault, describeFault, type FaultBook } from './faults.rules.ts';
import type { RecordedRequest } from './request-log.ts';
import type { ServedAnswer, ServedRequest, SimulatedApi } from './served.ts';
import { maintenancePage, type Wait, writeAnswer } from './write-answer.ts';

/** Larger bodies are answered 413. */
const mostBodyBytes = 64 * 1024 * 1024;

type Serving = {
  api: SimulatedApi;
  faults: FaultBook;
  clock: Clock;
  origin: () => string;
  log: { add(request: RecordedRequest): void; all(): readonly RecordedRequest[] };
  /** Called when something may have happened in the world. */
  onChange(): void;
  onError(error: unknown): void;
  stopped: AbortSignal;
};

/** HTTP over a simulated API: bodies in, faults on the way, answers out. */
export function createListener(serving: Serving): RequestListener {
  return (incoming, response) => {
    handle(serving, incoming, response).catch((error: unknown) => {
      serving.onError(error);
      response.destroy();
    });
  };
}

async function handle(serving: Serving, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { api, faults, clock, log } = serving;
  const startedMs = clock.now();
  const target = incoming.url ?? '/';
  const [path = '/'] = target.split('?');
  const method = incoming.method ?? 'GET';
  const isControl = path.startsWith('/simulator/') || path.startsWith('/sign/');
  let fault: ChosenFault = { delayMs: 0, trickleMs: null, ending: null };
  let isRecorded = false;
  const record = (status: number | null): void => {
    if (isRecorded || isControl) return;
    isRecorded = true;
    const headerNames = incoming.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const tookMs = Math.round((clock.now() - startedMs) * 10) / 10;
    const at = new Date(startedMs).toISOString();
    log.add({ method, path: target, headerNames, status, fault: describeFault(fault), tookMs, at });
  };
  try {
    const body = await readBody(incoming);
    if (!isControl) fault = faults.choose(method, path);
    const wait = waitFor(response, serving.stopped);
    if (fault.delayMs > 0) await wait(fault.delayMs);
    const request = requestOf(serving, incoming, body ?? Buffer.alloc(0));
    const tooLarge = jsonAnswer(413, { message: 'The body is too large' });
    const answer = body === null ? tooLarge : answerWith(api, request, fault, () => log.all());
    serving.onChange();
    await writeAnswer(response, answer, fault, { wait, onEnd: record });
  } finally {
    record(null);
  }
}

function requestOf({ clock, origin }: Serving, incoming: IncomingMessage, body: Buffer): ServedRequest {
  const target = incoming.url ?? '/';
  const [path = '/'] = target.split('?');
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(target.slice(path.length)),
    headers: new Map(Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')])),
    body,
    address: incoming.socket.remoteAddress ?? '',
    origin: origin(),
    nowMs: clock.now(),
  };
}

function answerWith(
  api: SimulatedApi,
  request: ServedRequest,
  { ending }: ChosenFault,
  requests: () => readonly RecordedRequest[],
): ServedAnswer {
  if (ending?.kind === 'maintenance') return maintenancePage();
  if (ending?.kind === 'status') return api.failure(ending.status, request, ending.retryAfterSeconds);
  // Nobody reads this one.
  if (ending?.kind === 'reset') return maintenancePage();
  return answerControl(api, request, requests) ?? api.answer(request);
}

/** Null: it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= mostBodyBytes) chunks.push(chunk);
  }
  return sizeBytes > mostBodyBytes ? null : Buffer.concat(chunks);
}

function waitFor(response: ServerResponse, stopped: AbortSignal): Wait {
  return async (ms) => {
    if (response.destroyed || stopped.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        response.off('close', done);
        stopped.removeEventListener('abort', done);
        resolve();
      }
      response.once('close', done);
      stopped.addEventListener('abort', done, { once: true });
    });
  };
}
