import type { CallError } from '../calls/call-ledger.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { Upstream } from '../egress/upstream.ts';
import type { CallingPorts } from './calling-ports.ts';
import { type Circuit, closedCircuit } from './policy/circuit-breaker.rules.ts';
import { type Bulkhead, createBulkhead } from './policy/concurrency.ts';
import { emptyHistory, type PollingHistory, remember } from './policy/polling-guard.rules.ts';
import { type BudgetState, countAlso, countedSince, openBudgets } from './policy/rate-budget.rules.ts';
import { nothingTold, type ToldLimits } from './policy/told-limits.rules.ts';

const mostCompleted = 10_000;

/** What this node knows of a connection from its calls. Everything but `history` and `budgets` may go at any time. */
export class ConnectionState {
  config: ConnectionConfig;
  circuit: Circuit = closedCircuit;
  budgets: BudgetState;
  told: ToldLimits = nothingTold;
  history: PollingHistory = emptyHistory;
  readonly turns: Bulkhead;
  lastSuccessAtMs: number | null = null;
  lastFailure: { error: CallError; atMs: number } | null = null;
  /** What comes before a call's path in what the provider sees. */
  basePath: string;

  readonly #ports: CallingPorts;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #completed = new Set<string>();
  #place: { baseUrl: string; origin: string; basePath: string } | null = null;
  #seeding: Promise<void> | 'seeded' | null = null;
  #seedingBudgets: Promise<void> | 'seeded' | null = null;

  constructor(config: ConnectionConfig, ports: CallingPorts) {
    this.config = config;
    this.#ports = ports;
    this.basePath = basePathOf(config);
    this.budgets = openBudgets(config.profile.budgets(config.environment), config.policy.budget.limits);
    this.turns = createBulkhead({ limits: config.policy.concurrency, timers: ports.timers });
  }

  /** Goes on with a changed configuration: what the change does not touch is kept. */
  adopt(config: ConnectionConfig): void {
    const before = this.config;
    if (before === config) return;
    this.config = config;
    this.basePath = basePathOf(config);
    const { policy, profile, environment } = config;
    this.turns.limit(policy.concurrency);
    this.budgets = openBudgets(profile.budgets(environment), policy.budget.limits, this.budgets);
    const isElsewhere = before.baseUrl !== config.baseUrl || before.environment !== environment;
    const mayDiffer =
      isElsewhere ||
      !isSame(before.policy.breaker, policy.breaker) ||
      !isSame(before.credentials, config.credentials) ||
      before.status !== config.status;
    // Calls under way belong to the phase before, and count for nothing in this one.
    if (mayDiffer) this.circuit = { phase: this.circuit.phase + 1, state: 'closed', slots: [] };
    if (isElsewhere || !isSame(before.credentials, config.credentials)) this.told = nothingTold;
    if (isElsewhere) {
      this.history = emptyHistory;
      this.#completed.clear();
    }
    if (isElsewhere || before.policy.concurrency.most !== policy.concurrency.most) this.closeUpstreams();
  }

  /** Where requests below a base URL go. */
  placeOf(baseUrl: string): { origin: string; basePath: string } {
    if (this.#place?.baseUrl !== baseUrl) {
      const { origin, pathname } = new URL(baseUrl);
      this.#place = { baseUrl, origin, basePath: pathname.endsWith('/') ? pathname.slice(0, -1) : pathname };
    }
    return this.#place;
  }

  /** The connections to an origin; one is enough for all but those whose account moves. */
  upstream(origin: string): Upstream {
    let upstream = this.#upstreams.get(origin);
    if (upstream === undefined) {
      if (this.#upstreams.size >= 4) this.closeUpstreams();
      upstream = this.#ports.egress.upstream({ origin, maxConnections: this.config.policy.concurrency.most });
      this.#upstreams.set(origin, upstream);
    }
    return upstream;
  }

  /** Calls under way end as they will. */
  closeUpstreams(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#upstreams.clear();
  }

  /** Fills the guard's memory from the ledger, once. Null: that is done. */
  seed(windowMs: number): Promise<void> | null {
    if (this.#seeding === 'seeded') return null;
    this.#seeding ??= this.#seedFrom(this.#ports.clock.now() - windowMs);
    return this.#seeding;
  }

  /** Counts what the ledger knows of before this process, once, ahead of its own first call. Null: that is done. */
  seedBudgets(): Promise<void> | null {
    if (this.#seedingBudgets === 'seeded') return null;
    if (this.budgets.size === 0) {
      this.#seedingBudgets = 'seeded';
      return null;
    }
    this.#seedingBudgets ??= this.#seedBudgets(this.#ports.clock.now());
    return this.#seedingBudgets;
  }

  isKnownCompleted(subject: string): boolean {
    return this.#completed.has(subject);
  }

  completed(subject: string): void {
    this.#completed.delete(subject);
    this.#completed.add(subject);
    const [oldest] = this.#completed;
    if (this.#completed.size > mostCompleted && oldest !== undefined) this.#completed.delete(oldest);
  }

  async #seedBudgets(nowMs: number): Promise<void> {
    const { id, profile } = this.config;
    try {
      for (const { name, sinceMs } of countedSince(this.budgets, nowMs)) {
        let known = 0;
        for (const [part, fromMs] of sinceMs.entries()) {
          const uses = await this.#ports.budgetUse(id, fromMs);
          const ofBudget = uses.filter(({ method, template }) =>
            profile.budgetsOf({ method, path: template, query: new URLSearchParams() }).includes(name),
          );
          const requests = ofBudget.reduce((sum, each) => sum + each.requests, 0);
          this.budgets = countAlso(this.budgets, name, sinceMs[part - 1] ?? nowMs, requests - known);
          known = requests;
        }
      }
    } catch (error) {
      // The provider's own headers tell the rest; asked again, calls of this process would be counted twice.
      this.#ports.onError('budgets', error);
    }
    this.#seedingBudgets = 'seeded';
  }

  async #seedFrom(sinceMs: number): Promise<void> {
    try {
      const calls = await this.#ports.recentCalls(this.config.id, sinceMs);
      for (const call of calls) this.history = remember(this.history, call);
      this.#seeding = 'seeded';
    } catch (error) {
      // Tried again with the next call: until then the guard knows what this process called.
      this.#seeding = null;
      this.#ports.onError('polling guard', error);
    }
  }
}

function basePathOf({ baseUrl }: ConnectionConfig): string {
  if (baseUrl === null) return '';
  const { pathname } = new URL(baseUrl);
  return pathname === '/' ? '' : pathname;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
