import { gorouteNotification } from '../../goroute/goroute.rules.ts';
import {
  type GorouteInvoice,
  type GorouteParticipant,
  type GorouteState as InvoiceState,
  takeGorouteStep,
} from '../../goroute/goroute-world.rules.ts';
import { inventCompany } from '../../people.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../../random.rules.ts';
import type { Fields } from '../../simulator.ts';
import { createKept } from '../kept.rules.ts';
import type { WebhookTarget, WorldEffect } from '../served.ts';
import type { ReadInvoice } from './ubl.rules.ts';

type TransactionStatus = 'pending' | 'processing' | 'sending' | 'delivered' | 'failed';
type Outcome = { status: 'delivered' } | { status: 'failed'; code: string; message: string };

/** An invoice on its way out, or one that came in. */
export type Transaction = {
  invoice: GorouteInvoice;
  direction: 'out' | 'in';
  state: InvoiceState;
  status: TransactionStatus;
  error: { code: string; message: string } | null;
  createdAtMs: number;
  updatedAtMs: number;
  document: Buffer;
  /** What happens by itself, and when. */
  plan: readonly { atMs: number; status: TransactionStatus }[];
  outcome: Outcome;
};

export type RegisteredWebhook = WebhookTarget & { id: string; events: readonly string[]; active: boolean };

/** GoRoute's receivers for tests, and what becomes of what they are sent. The codes are the simulator's own. */
const outcomes: Readonly<Record<string, Outcome>> = {
  '9915:phase4-test-receiver': { status: 'delivered' },
  '9915:reject-all': { status: 'failed', code: 'REJECTED', message: 'The receiver rejected the document' },
  '9915:timeout-test': { status: 'failed', code: 'TIMEOUT', message: 'The receiving access point did not answer' },
  '9915:invalid-cert': { status: 'failed', code: 'INVALID_CERTIFICATE', message: 'The certificate is not trusted' },
  '9915:not-registered': { status: 'failed', code: 'NOT_REGISTERED', message: 'The receiver is not registered' },
};

type Options = {
  random: Random;
  bounds: { most: number; mostBytes: number };
  /** Between two states of a transaction. */
  stageMs: number;
  /** How long `timeout-test` is waited for. */
  timeoutMs: number;
};

/** As many webhooks may be registered. */
export const mostWebhooks = 100;

export type GorouteState = ReturnType<typeof createGorouteState>;

/** What an organisation at GoRoute has, and what happens in it; webhooks tell of it. */
export function createGorouteState({ random, bounds, stageMs, timeoutMs }: Options) {
  const kept = createKept<Transaction>(bounds);
  const webhooks: RegisteredWebhook[] = [];
  let rejecting: ReadonlySet<string> = new Set();
  const organizationId = `org_${characters(random, 12, alphabets.lower)}`;
  const company = participant(`0088:${characters(random, 13, alphabets.digits)}`);
  let effects: WorldEffect[] = [];

  function participant(id: string): GorouteParticipant {
    const [scheme = '', ...rest] = id.split(':');
    return { scheme, identifier: rest.join(':'), name: inventCompany(random) };
  }

  function put(transaction: Transaction): Transaction {
    kept.put(transaction.invoice.transactionId, transaction, transaction.document.length + 1000);
    return transaction;
  }

  function begin(read: ReadInvoice, direction: Transaction['direction'], nowMs: number): Transaction {
    const receiver = read.receiver ?? '9915:phase4-test-receiver';
    const playedAs = rejecting.has(receiver) ? '9915:reject-all' : receiver;
    const outcome = outcomes[playedAs] ?? { status: 'delivered' };
    const lastMs = receiver === '9915:timeout-test' ? stageMs * 2 + timeoutMs : stageMs * 3;
    const steps = [
      { atMs: nowMs + stageMs, status: 'processing' },
      { atMs: nowMs + stageMs * 2, status: 'sending' },
      { atMs: nowMs + lastMs, status: outcome.status },
    ] as const;
    return {
      invoice: {
        transactionId: `tx_${characters(random, 12, alphabets.lower)}`,
        documentId: `doc_${characters(random, 12, alphabets.lower)}`,
        sender: read.sender === null ? company : participant(read.sender),
        receiver: participant(receiver),
        number: read.number ?? `INV-${wholeBetween(random, 10_000, 99_999)}`,
        netAmount: wholeBetween(random, 10, 5000),
      },
      direction,
      state: 'none',
      status: 'pending',
      error: null,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      document: read.document,
      plan: direction === 'out' ? steps : [],
      outcome,
    };
  }

  /** Lets something happen to an invoice, and tells of it. Throws a ScenarioProblem. */
  function step(transaction: Transaction, does: string, nowMs: number, fields: Fields = {}, origin = ''): Transaction {
    const { invoice, state } = transaction;
    const scene = { step: { who: '', does, afterSeconds: 0, fields }, index: 0, nowMs, invoice, state, random };
    const told = takeGorouteStep(scene);
    const ends = { deliver: 'delivered', fail: 'failed' }[does] as TransactionStatus | undefined;
    const error =
      does === 'fail' ? { code: String(fields['code'] ?? ''), message: String(fields['message'] ?? '') } : null;
    const next = put({
      ...transaction,
      state: told.state,
      status: ends ?? transaction.status,
      error: error ?? transaction.error,
      plan: ends === undefined ? transaction.plan : [],
      updatedAtMs: nowMs,
    });
    const link = `${origin}/peppol-api/api/v1/documents/${invoice.documentId}/download`;
    const data = 'download_url' in told.data ? { ...told.data, download_url: link } : told.data;
    const eventId = `evt_${characters(random, 12, alphabets.lower)}`;
    const { event, subject } = told;
    const notification = gorouteNotification({ event, eventId, organizationId, subject, atMs: nowMs, data });
    effects.push({ kind: 'notify', notification, to: null });
    for (const webhook of webhooks) {
      if (webhook.active && webhook.events.includes(event)) effects.push({ kind: 'notify', notification, to: webhook });
    }
    return next;
  }

  /** Moves a transaction on as far as is due. */
  function advance(transaction: Transaction, nowMs: number): Transaction {
    const [first, ...rest] = transaction.plan;
    if (first === undefined || first.atMs > nowMs) return transaction;
    if (first.status === 'delivered') return step(transaction, 'deliver', first.atMs);
    if (first.status === 'failed') {
      const { code = '', message = '' } = transaction.outcome.status === 'failed' ? transaction.outcome : {};
      return step(transaction, 'fail', first.atMs, { code, message });
    }
    return advance(put({ ...transaction, status: first.status, plan: rest, updatedAtMs: first.atMs }), nowMs);
  }

  return {
    organizationId,
    company,
    begin,
    step,
    find: kept.find,
    findDocument: (documentId: string) => kept.all().find(({ invoice }) => invoice.documentId === documentId),
    all: kept.all,
    register(webhook: Omit<RegisteredWebhook, 'id'>): RegisteredWebhook {
      const registered = { ...webhook, id: `wh_${characters(random, 12, alphabets.lower)}` };
      webhooks.push(registered);
      return registered;
    },
    webhooks: (): readonly RegisteredWebhook[] => webhooks,
    /** Access points of these receivers reject what comes from now on. */
    setRejecting: (receivers: readonly string[]): void => {
      rejecting = new Set(receivers);
    },
    dueAtMs: () =>
      kept.all().reduce<number | null>((least, { plan: [first] }) => {
        if (first === undefined) return least;
        return Math.min(least ?? first.atMs, first.atMs);
      }, null),
    advanceAll: (nowMs: number): void => {
      for (const transaction of kept.all().toReversed()) advance(transaction, nowMs);
    },
    takeEffects: (): WorldEffect[] => {
      const taken = effects;
      effects = [];
      return taken;
    },
  };
}
