import { requirePositive } from './dedupe-store.ts';
import { type Outcome, type OutcomeKind, warnOfFailures } from './outcome.ts';
import type { BodyLimits, BodyReading } from './read-body.ts';
import type { HeaderValues } from './received-headers.rules.ts';
import type { ReceiverOptions } from './receiver-options.ts';
import { prepareVerification, type VerifiedWebhook, WebhookVerificationError } from './verify.ts';
import { createEventWork, type Worked } from './work-on-event.ts';

/** A request as the servers' handlers hand it in. */
export type Incoming = {
  method: string;
  url: string;
  headers: HeaderValues;
  /** Null: something before has taken the body off the connection and kept no raw bytes. */
  readBody(limits: BodyLimits): Promise<BodyReading | null>;
};
/** `close`: some of the request is still on the connection, which has to end with this answer. */
export type Answer = { status: number; text: string; headers: Record<string, string>; close: boolean };

export type Reception = {
  answer: (incoming: Incoming) => Promise<Answer>;
  /** Resolves when no request and no event is being worked on. */
  idle: () => Promise<void>;
};

type Ending = Partial<Answer> & {
  outcome: OutcomeKind;
  status: number;
  reason?: Outcome['reason'];
  error?: unknown;
  event?: VerifiedWebhook;
  /** Goes on after the answer. */
  work?: Promise<Worked>;
};

const bodyIsGone =
  'The raw body is gone: mount this handler before express.json() and other body parsers, or use express.raw().';

/**
 * What all handlers do with a request: bound it, verify it, claim it, work, answer.
 * @throws TypeError for options that cannot be used, among them a secret that is none
 */
export function createReception(options: ReceiverOptions): Reception {
  const { secret, mode = 'after' } = options;
  const { maxBodyBytes = 2 * 1024 * 1024, bodyTimeoutMs = 10_000, retryAfterSeconds = 60 } = options;
  requirePositive({ maxBodyBytes, bodyTimeoutMs, retryAfterSeconds });
  if (typeof options.onEvent !== 'function') throw new TypeError('onEvent must be a function.');
  const verification = typeof secret === 'function' ? null : prepareVerification(secret, options);
  const takeEvent = createEventWork(options);
  const later = { 'retry-after': String(Math.ceil(retryAfterSeconds)) };

  const receive = async (incoming: Incoming): Promise<Ending> => {
    if (incoming.method !== 'POST') return { outcome: 'wrong_method', status: 405, headers: { allow: 'POST' } };
    const reading = await incoming.readBody({ maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs });
    if (reading === null) return { outcome: 'failed', status: 500, error: new Error(bodyIsGone) };
    if (reading.state === 'too_slow') return { outcome: 'too_slow', status: 408, close: true };
    if (reading.state === 'cut_off') return { outcome: 'cut_off', status: 400, close: true };
    if (reading.state === 'too_large') {
      const text = `too_large: more than ${maxBodyBytes} bytes`;
      return { outcome: 'too_large', status: 413, text, close: !reading.ended };
    }
    const event = await verifyOne(incoming, reading.body);
    return 'outcome' in event ? event : { ...(await takeUp(event)), event };
  };

  const verifyOne = async (incoming: Incoming, body: Buffer): Promise<VerifiedWebhook | Ending> => {
    try {
      const verifies = verification ?? (await findVerification(incoming));
      if (verifies === null) return { outcome: 'refused', status: 401, reason: 'no_secret' };
      return verifies(body, incoming.headers);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) return { outcome: 'failed', status: 500, error };
      return { outcome: 'refused', status: 401, reason: error.reason, error };
    }
  };

  const findVerification = async ({ url, headers }: Incoming): Promise<typeof verification> => {
    if (typeof secret !== 'function') return verification;
    const found = await secret({ url, header: (name) => headers.get(name.toLowerCase())?.[0] });
    return found === null || found === undefined ? null : prepareVerification(found, options);
  };

  const takeUp = async (event: VerifiedWebhook): Promise<Ending> => {
    const taken = await takeEvent(event);
    if (taken.state === 'duplicate') return { outcome: 'duplicate', status: 200 };
    if (taken.state === 'busy') return { outcome: 'busy', status: 409, headers: later };
    if (taken.state === 'full') return { outcome: 'busy', status: 503, headers: later };
    if (taken.state === 'store_failed') return { outcome: 'failed', status: 503, headers: later, error: taken.error };
    if (mode === 'before') return { outcome: 'accepted', status: 202, work: taken.work };
    const { outcome, error } = await taken.work;
    return { outcome, status: outcome === 'handled' ? 200 : 500, error };
  };

  const answerOne = async (incoming: Incoming): Promise<Answer> => {
    const startedAtMs = performance.now();
    const ending = await receive(incoming);
    const { outcome, status, reason = null, event, work, headers = {}, close = false } = ending;
    tell(options, { ...ending, status: outcome === 'cut_off' ? null : status }, startedAtMs);
    if (work !== undefined) {
      const told = work.then((worked) => tell(options, { ...worked, event, status: null }, startedAtMs));
      announce(options, track(told));
    }
    const text = ending.text ?? (reason === null ? outcome : `${outcome}: ${reason}`);
    return { status, text: `${text}\n`, headers, close };
  };

  const underWay = new Set<Promise<unknown>>();
  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };

  return {
    answer: (incoming) => track(answerOne(incoming)),
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

type Told = Pick<Outcome, 'outcome' | 'status'> & { event?: VerifiedWebhook | undefined } & Pick<
    Ending,
    'reason' | 'error'
  >;

/** A hook that throws must not change an answer. */
function tell({ onOutcome = warnOfFailures }: ReceiverOptions, told: Told, startedAtMs: number): void {
  const { outcome, status, reason = null, error = null, event } = told;
  const about = { id: event?.id ?? null, type: event?.type ?? null, attempt: event?.attempt ?? null };
  const ended = { outcome, status, reason, ...about, durationMs: performance.now() - startedAtMs, error };
  const warn = (thrown: unknown): void => warnOfFailures({ ...ended, outcome: 'failed', error: thrown });
  try {
    const told: unknown = onOutcome(ended);
    if (told instanceof Promise) told.catch(warn);
  } catch (thrown) {
    warn(thrown);
  }
}

function announce(options: ReceiverOptions, work: Promise<void>): void {
  try {
    options.waitUntil?.(work);
  } catch (error) {
    tell(options, { outcome: 'accepted', status: null, error }, performance.now());
  }
}
