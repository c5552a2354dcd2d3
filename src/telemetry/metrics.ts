import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What a finished attempt adds to the counts. `error` is null when it succeeded. */
type AttemptFigures = { outcome: 'succeeded' | 'dead' | 'retry'; error: string | null; totalMs: number };

/** What a call that ended adds to the counts. */
export type CallFigures = { provider: string; outcome: 'succeeded' | 'failed'; totalMs: number; violation: boolean };

export type Metrics = {
  readonly registry: Registry;
  eventAccepted(duplicate: boolean): void;
  attempt(figures: AttemptFigures): void;
  takenOver(deliveries: number): void;
  fenced(count: number): void;
  problem(code: string): void;
  breakerOpened(): void;
  received(provider: string, outcome: 'new' | 'duplicate'): void;
  rejected(reason: string): void;
  spooled(): void;
  call(figures: CallFigures): void;
  maintained(report: { daysKept: number; daysDropped: number; callsMarkedUnknown: number }): void;
};

/** What is read at the moment of a scrape. */
export type MetricSources = {
  engine: () => {
    certain: boolean;
    stalled: boolean;
    inFlight: number;
    waiting: number;
    unsettled: number;
    bytes: number;
    liveNodes: number;
    openBreakers: number;
  };
  pendingAccepts: () => number;
  /** Calls that wait to be put on record, or to be recorded as ended. */
  pendingCalls?: () => number;
  spool: () => { records: number; bytes: number; oldestAtMs: number | null; failing: boolean };
  now: () => number;
  /** Counts what is done by windows of time too. */
  traffic?: (what: 'accepted' | 'attempted' | 'called') => void;
  /** Counted in the database: deliveries that wait, and the age of the one that is overdue longest. */
  queue: () => Promise<{ waiting: number; overdueSeconds: number } | null>;
};

/** Prometheus metrics. Labels are closed sets: never a team, an endpoint or an id. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  // The two that change with every event are plain numbers, handed over when somebody looks.
  let newlyAccepted = 0;
  let succeeded = 0;
  new Counter({
    name: 'posthorn_events_accepted_total',
    help: 'Events committed.',
    registers,
    collect() {
      this.inc(newlyAccepted);
      newlyAccepted = 0;
    },
  });
  const duplicates = new Counter({
    name: 'posthorn_events_duplicate_total',
    help: 'Posts answered from an idempotency key.',
    registers,
  });
  const attempts = new Counter({
    name: 'posthorn_delivery_attempts_total',
    help: 'Finished attempts by result: succeeded, http, dns, tls, connect, timeout, reset, blocked.',
    labelNames: ['result'],
    registers,
    collect() {
      // The registry collects metrics in the order of their registration: deliveries come right after.
      this.inc({ result: 'succeeded' }, succeeded);
      settled.inc({ state: 'succeeded' }, succeeded);
      succeeded = 0;
    },
  });
  const settled = new Counter({
    name: 'posthorn_deliveries_settled_total',
    help: 'Deliveries that ended, by state.',
    labelNames: ['state'],
    registers,
  });
  const duration = new Histogram({
    name: 'posthorn_delivery_attempt_duration_seconds',
    help: 'Whole exchange with the endpoint.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const takenOver = new Counter({
    name: 'posthorn_deliveries_taken_over_total',
    help: 'Deliveries taken over from nodes that died.',
    registers,
  });
  const fenced = new Counter({
    name: 'posthorn_settlements_fenced_total',
    help: 'Attempts that ended after another node had taken their delivery over: possible duplicates.',
    registers,
  });
  const problems = new Counter({
    name: 'posthorn_http_problems_total',
    help: 'Requests answered with a problem, by its code.',
    labelNames: ['code'],
    registers,
  });
  const breakers = new Counter({ name: 'posthorn_breakers_opened_total', help: 'Breakers that opened.', registers });

  const receivedRequests = new Counter({
    name: 'posthorn_inbound_requests_total',
    help: 'Verified requests of providers: new events, and duplicates of earlier ones.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const rejections = new Counter({
    name: 'posthorn_inbound_rejections_total',
    help: 'Requests to sources that were refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const spooledRequests = new Counter({
    name: 'posthorn_spooled_requests_total',
    help: 'Verified requests that went to the spool because the database was away.',
    registers,
  });

  const calls = new Counter({
    name: 'posthorn_calls_total',
    help: 'Calls through connections that ended, by provider and outcome: succeeded, failed.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const callDuration = new Histogram({
    name: 'posthorn_call_duration_seconds',
    help: 'Whole calls through connections, with waiting and retries.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const violations = new Counter({
    name: 'posthorn_call_polling_violations_total',
    help: 'Calls that the provider may count as polling.',
    registers,
  });
  const unknownCalls = new Counter({
    name: 'posthorn_calls_unknown_total',
    help: 'Calls that were under way on nodes that died.',
    registers,
  });

  const daysKept = new Gauge({
    name: 'posthorn_retention_days_kept',
    help: 'Days past retention that pending deliveries keep from being dropped.',
    registers,
  });
  const daysDropped = new Counter({ name: 'posthorn_retention_days_dropped_total', help: 'Days dropped.', registers });

  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('posthorn_deliveries_in_flight', 'Exchanges under way on this node.', () => sources.engine().inFlight);
  gauge('posthorn_deliveries_in_memory', 'Deliveries waiting in this node’s lanes.', () => sources.engine().waiting);
  gauge('posthorn_delivery_memory_bytes', 'Bodies held by this node.', () => sources.engine().bytes);
  gauge('posthorn_settlements_pending', 'Attempts waiting to be committed.', () => sources.engine().unsettled);
  gauge('posthorn_accepts_pending', 'Posts waiting to be committed.', () => sources.pendingAccepts());
  gauge('posthorn_calls_pending', 'Calls waiting to be recorded.', () => sources.pendingCalls?.() ?? 0);
  gauge('posthorn_breakers_open', 'Breakers not closed on this node.', () => sources.engine().openBreakers);
  gauge('posthorn_nodes_live', 'Nodes with a valid lease.', () => sources.engine().liveNodes);
  gauge('posthorn_node_lease_certain', '1 while this node’s lease is certain.', () =>
    sources.engine().certain ? 1 : 0,
  );
  gauge('posthorn_spool_records', 'Requests that wait in the spool.', () => sources.spool().records);
  gauge('posthorn_spool_bytes', 'Their size on disk.', () => sources.spool().bytes);
  gauge('posthorn_spool_oldest_seconds', 'Age of the oldest request in the spool.', () => {
    const { oldestAtMs } = sources.spool();
    return oldestAtMs === null ? 0 : Math.max(0, (sources.now() - oldestAtMs) / 1000);
  });
  gauge('posthorn_spool_failing', '1 while the spool cannot be written.', () => (sources.spool().failing ? 1 : 0));
  const waiting = new Gauge({
    name: 'posthorn_queue_deliveries',
    help: 'Deliveries waiting in the database.',
    registers,
  });
  new Gauge({
    name: 'posthorn_queue_overdue_seconds',
    help: 'How long the earliest unclaimed delivery has been due, held ones left out.',
    registers,
    async collect() {
      const queue = await sources.queue();
      if (queue === null) return;
      waiting.set(queue.waiting);
      this.set(queue.overdueSeconds);
    },
  });

  const deadDeliveries = settled.labels('dead');
  // Looking a label up costs more than counting, and `observe` of a histogram makes a function each time.
  const receivedOf = new Map<string, Record<'new' | 'duplicate', Counter.Internal>>();
  const callsOf = new Map<string, Record<'succeeded' | 'failed', Counter.Internal>>();
  const attemptDuration = duration.labels();
  const wholeCallDuration = callDuration.labels();
  return {
    registry,
    eventAccepted(duplicate) {
      if (duplicate) duplicates.inc();
      else {
        newlyAccepted += 1;
        sources.traffic?.('accepted');
      }
    },
    attempt({ outcome, error, totalMs }) {
      attemptDuration.observe(totalMs / 1000);
      sources.traffic?.('attempted');
      if (outcome === 'succeeded') succeeded += 1;
      else {
        attempts.labels(error ?? 'http').inc();
        if (outcome === 'dead') deadDeliveries.inc();
      }
    },
    takenOver: (deliveries) => takenOver.inc(deliveries),
    fenced: (count) => fenced.inc(count),
    problem: (code) => problems.labels(code).inc(),
    breakerOpened: () => breakers.inc(),
    received(provider, outcome) {
      let counters = receivedOf.get(provider);
      if (counters === undefined) {
        counters = {
          new: receivedRequests.labels(provider, 'new'),
          duplicate: receivedRequests.labels(provider, 'duplicate'),
        };
        receivedOf.set(provider, counters);
      }
      counters[outcome].inc();
    },
    rejected: (reason) => rejections.labels(reason).inc(),
    spooled: () => spooledRequests.inc(),
    call({ provider, outcome, totalMs, violation }) {
      let counters = callsOf.get(provider);
      if (counters === undefined) {
        counters = { succeeded: calls.labels(provider, 'succeeded'), failed: calls.labels(provider, 'failed') };
        callsOf.set(provider, counters);
      }
      counters[outcome].inc();
      sources.traffic?.('called');
      wholeCallDuration.observe(totalMs / 1000);
      if (violation) violations.inc();
    },
    maintained(report) {
      unknownCalls.inc(report.callsMarkedUnknown);
      daysKept.set(report.daysKept);
      daysDropped.inc(report.daysDropped);
    },
  };
}
