import type { Agent } from 'undici';
import { createAcknowledgedQueue } from './acknowledged-queue.rules.ts';
import { createIndependentRetries } from './independent-retries.rules.ts';
import { createPace, type Pace, realTime, type RealTime } from './pace.ts';
import { type PreparedSimulation, prepareSimulation } from './prepare-simulation.ts';
import { createTally, type Exchange, judgeFlawed, type SimulationReport } from './report.rules.ts';
import type { RetryBook, Sending } from './retry-book.rules.ts';
import { openConnections, sendRequest } from './send-request.ts';
import type { Notification, Outcome, SimulatedRequest } from './simulated-request.ts';
import type { SimulationOptions } from './simulation-settings.rules.ts';

type Hooks = {
  /** Told of every request once it is answered, or not. */
  onExchange?(exchange: Exchange): void;
  /** Ends the simulation early; the report says so. */
  signal?: AbortSignal;
  /** Handed in by tests, so that nothing waits. */
  time?: RealTime;
};

type Run = {
  prepared: PreparedSimulation;
  book: RetryBook;
  agent: Agent;
  pace: Pace;
  nowMs(): number;
  /** When each notification was sent for the first time. */
  firstMs: WeakMap<Notification, number>;
  signal: AbortSignal;
  tell(exchange: Exchange): void;
};

/**
 * Plays a provider against a receiver over HTTP, retries as that provider does, and reports what became of it.
 * Throws a SimulationProblem or a ScenarioProblem before anything is sent.
 */
export async function simulate(options: SimulationOptions & Hooks): Promise<SimulationReport> {
  const time = options.time ?? realTime;
  const beganMs = time.now();
  const pretendedMs = (options.atMs ?? beganMs) - beganMs;
  const nowMs = (): number => time.now() + pretendedMs;
  const prepared = await prepareSimulation(options, nowMs());
  const { retries, simulator } = prepared.settings;
  const tally = createTally();
  const connections = options.connections ?? 1;
  const run: Run = {
    prepared,
    book:
      retries.kind === 'acknowledged'
        ? createAcknowledgedQueue(prepared.plan, retries.delaysMs)
        : createIndependentRetries(prepared.plan, retries.delaysMs),
    agent: openConnections({ connections, caPem: options.caPem }),
    pace: createPace(options.speed ?? Number.POSITIVE_INFINITY, time),
    nowMs,
    firstMs: new WeakMap(),
    signal: options.signal ?? new AbortController().signal,
    tell(exchange) {
      tally.add(exchange);
      options.onExchange?.(exchange);
    },
  };
  try {
    const handshake = await shakeHands(run);
    if (handshake !== 'failed') await sendAll(run, connections);
    const { seed } = prepared;
    const interrupted = run.signal.aborted;
    return tally.report({ provider: simulator.name, seed, tookMs: time.now() - beganMs, handshake, interrupted });
  } finally {
    await run.agent.destroy();
  }
}

/** What a provider asks of a URL before it sends anything there. */
async function shakeHands(run: Run): Promise<SimulationReport['handshake']> {
  const { settings, stamp } = run.prepared;
  const { simulator, timeoutMs } = settings;
  const sentAtMs = run.nowMs();
  const request = simulator.handshake?.(stamp(1, sentAtMs, sentAtMs));
  if (request === undefined) return null;
  const outcome = await sendRequest(run.agent, request, { timeoutMs, signal: run.signal });
  const passed = simulator.acknowledged(outcome, request);
  run.tell({
    index: null,
    event: 'verification of the URL',
    subject: '',
    kind: 'genuine',
    duplicate: false,
    attempt: 1,
    sentAtMs,
    ...measured(outcome),
    verdict: passed ? 'acknowledged' : 'given up',
  });
  return passed ? 'passed' : 'failed';
}

/** As many workers as there are connections take what the book gives, until it gives nothing any more. */
async function sendAll(run: Run, connections: number): Promise<void> {
  let underWay = 0;
  let news = Promise.withResolvers<void>();
  async function work(): Promise<void> {
    while (!run.signal.aborted) {
      const sending = run.book.next();
      if (sending !== null) {
        underWay += 1;
        await send(run, sending);
        underWay -= 1;
        // Whoever waits may have something to do now, or know that nothing will come any more.
        news.resolve();
        news = Promise.withResolvers<void>();
      } else if (underWay === 0) return;
      else await news.promise;
    }
    news.resolve();
  }
  await Promise.all(Array.from({ length: connections }, work));
}

async function send(run: Run, sending: Sending): Promise<void> {
  const { book, pace, prepared, signal } = run;
  const { planned, attempt } = sending;
  await pace.until(sending.dueMs, signal);
  if (signal.aborted) return;
  const { simulator, timeoutMs } = prepared.settings;
  const sentAtMs = run.nowMs();
  const firstMs = run.firstMs.get(planned.notification) ?? sentAtMs;
  run.firstMs.set(planned.notification, firstMs);
  const request = prepared.requestOf(planned, prepared.stamp(attempt, sentAtMs, firstMs));
  const outcome = await sendRequest(run.agent, request, { timeoutMs, signal });
  if (outcome.error === 'cancelled') return;
  const { kind, index, duplicate, notification } = planned;
  const settlement = book.settle(sending, simulator.acknowledged(outcome, request), pace.now());
  const { event, subject } = notification;
  const verdict = kind === 'genuine' ? settlement : judgeFlawed(outcome.status);
  run.tell({ index, event, subject, kind, duplicate, attempt, sentAtMs, ...measured(outcome), verdict });
}

function measured({ status, error, tookMs }: Outcome): Pick<Exchange, 'status' | 'error' | 'tookMs'> {
  return { status, error, tookMs: Math.round(tookMs * 10) / 10 };
}

/** What would be sent, without retries, instead of sending it; made as it is taken. */
export async function previewSimulation(
  options: SimulationOptions,
  nowMs: number,
): Promise<Iterable<{ event: string; request: SimulatedRequest }>> {
  const atMs = options.atMs ?? nowMs;
  const { settings, plan, stamp, requestOf } = await prepareSimulation(options, atMs);
  const handshake = settings.simulator.handshake?.(stamp(1, atMs, atMs));
  return (function* () {
    if (handshake !== undefined) yield { event: 'verification of the URL', request: handshake };
    for (const planned of plan)
      yield { event: planned.notification.event, request: requestOf(planned, stamp(1, atMs, atMs)) };
  })();
}
