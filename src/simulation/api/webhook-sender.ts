import { openConnections, sendRequest } from '../send-request.ts';
import type { Notification, Outcome } from '../simulated-request.ts';
import { settle } from '../simulation-settings.rules.ts';
import { simulators } from '../simulators.rules.ts';
import type { WebhookTarget } from './served.ts';

/** Where a simulated provider sends its webhooks; what is left out is as the provider does it. */
export type WebhookOptions = {
  url: string;
  /** The newest first. */
  secrets?: readonly string[];
  /** Only these; all without it. */
  events?: readonly string[];
  /** For providers whose header's name is not public. */
  signatureHeader?: string;
  /** Attempts in all, the first included. */
  attempts?: number;
  retryDelayMs?: number;
  timeoutMs?: number;
  /** Certificates to trust beside the usual ones. */
  caPem?: string;
};

/** One attempt at one webhook. */
export type SentWebhook = {
  event: string;
  subject: string;
  /** From 1. */
  attempt: number;
  status: number | null;
  error: Outcome['error'];
  acknowledged: boolean;
  at: string;
};

type Waiting = { notification: Notification; target: Target; attempt: number };
type Target = { url: string; secrets: readonly string[]; headers: Readonly<Record<string, string>> };

export type WebhookSender = {
  /** In the order of the calls. `to` null: where the options say, if they do. */
  send: (notification: Notification, to: WebhookTarget | null) => void;
  /** What waits for another attempt is tried now: of one subject, or all of it. */
  republish: (subject: string | null) => void;
  stop: () => Promise<void>;
};

/** More than these are not kept. */
const mostWaiting = 10_000;

/**
 * Sends a provider's webhooks as things happen, and retries as that provider does. Throws a SimulationProblem for
 * options that do not fit the provider.
 */
export function createWebhookSender(given: {
  provider: string;
  webhook: WebhookOptions | null;
  nowMs: () => number;
  onSent: (sent: SentWebhook) => void;
}): WebhookSender {
  const { provider, webhook, nowMs } = given;
  const simulator = simulators.get(provider);
  if (simulator === undefined) throw new TypeError(`no simulator is called ${provider}`);
  const settings = webhook === null ? null : settle({ provider, to: webhook.url, ...ofWebhook(webhook) }, simulators);
  const agent = openConnections({ connections: 4, caPem: webhook?.caPem });
  const stop = new AbortController();
  const waiting: Waiting[] = [];
  /** Failed, each with what ends its waiting early. */
  const resting = new Map<Waiting, () => void>();
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  const isOrdered = (settings?.retries.kind ?? 'independent') === 'acknowledged';

  async function attempt(each: Waiting): Promise<boolean> {
    const { notification, target } = each;
    const request = notification.request({
      attempt: each.attempt,
      nowMs: nowMs(),
      firstMs: notification.atMs,
      url: target.url,
      secrets: target.secrets,
      signatureHeader: webhook?.signatureHeader ?? null,
    });
    const headers = [...request.headers, ...Object.entries(target.headers)];
    const timeoutMs = settings?.timeoutMs ?? simulator?.timeoutMs ?? 30_000;
    const outcome = await sendRequest(agent, { ...request, headers }, { timeoutMs, signal: stop.signal });
    if (outcome.error === 'cancelled') return true;
    const acknowledged = simulator?.acknowledged(outcome, request) ?? false;
    const { event, subject } = notification;
    const { status, error } = outcome;
    const at = new Date(nowMs()).toISOString();
    given.onSent({ event, subject, attempt: each.attempt, status, error, acknowledged, at });
    return acknowledged;
  }

  async function rest(each: Waiting, delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.min(delayMs, 2 ** 31 - 1));
      function done(): void {
        clearTimeout(timer);
        stop.signal.removeEventListener('abort', done);
        resting.delete(each);
        resolve();
      }
      stop.signal.addEventListener('abort', done, { once: true });
      resting.set(each, done);
    });
  }

  /** Every notification for itself: it goes on while others are sent. */
  async function retryAlone(each: Waiting): Promise<void> {
    const delayMs = settings?.retries.delaysMs[each.attempt - 1];
    if (delayMs === undefined || stop.signal.aborted) return;
    await rest(each, delayMs);
    if (stop.signal.aborted) return;
    each.attempt += 1;
    if (!(await attempt(each))) await retryAlone(each);
  }

  /** The first in the queue, until it is acknowledged or given up; the others queue behind it meanwhile. */
  async function insist(each: Waiting): Promise<void> {
    for (;;) {
      if (stop.signal.aborted || (await attempt(each))) return;
      const delayMs = settings?.retries.delaysMs[each.attempt - 1];
      if (delayMs === undefined) return;
      await rest(each, delayMs);
      each.attempt += 1;
    }
  }

  async function run(): Promise<void> {
    for (let each = waiting.shift(); each !== undefined && !stop.signal.aborted; each = waiting.shift()) {
      if (isOrdered) await insist(each);
      else if (!(await attempt(each))) void retryAlone(each);
    }
    isRunning = false;
  }

  return {
    send(notification, to) {
      const isWanted = webhook?.events?.includes(notification.event) ?? true;
      const own = settings === null || !isWanted ? null : { url: settings.url, secrets: settings.secrets, headers: {} };
      const target = to === null ? own : { ...to, secrets: [to.secret] };
      if (target === null || stop.signal.aborted || waiting.length >= mostWaiting || resting.size >= mostWaiting)
        return;
      waiting.push({ notification, target, attempt: 1 });
      if (isRunning) return;
      isRunning = true;
      running = run();
    },
    republish(subject) {
      for (const [{ notification }, wake] of resting) {
        if (subject === null || notification.subject === subject) wake();
      }
    },
    async stop() {
      stop.abort();
      await running;
      await agent.destroy();
    },
  };
}

function ofWebhook({
  url: _url,
  events: _events,
  caPem: _caPem,
  ...rest
}: WebhookOptions): Omit<WebhookOptions, 'url'> {
  return rest;
}
