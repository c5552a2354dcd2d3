import type { ApiSimulator, ApiSimulatorOptions, SimulatedProvider } from '../simulation/start-api-simulator.ts';
import type { MeasuredValue } from '../readiness/finding.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a drill plays on. Everything that is made here is ended and removed when the drill ends, however it ends. */
export type Stage = {
  /** The gateway that runs the drill, over real HTTP at its own address, with the operator's key. */
  gateway: Gateway;
  /** Whose drill it is. */
  teamId: string;
  /** The gateway is in production: nothing is triggered there that nobody asked for expressly. */
  isProduction: boolean;
  /** Notes what was done or seen, for the transcript. */
  note(says: string, values?: Readonly<Record<string, MeasuredValue['value']>>): void;
  /** Shown while it runs. */
  progress(done: number, of: number): void;
  /** Aborted when the drill is stopped or takes too long. Everything below heeds it by itself. */
  signal: AbortSignal;
  /**
   * 1 as the check asks; less in rehearsals. Times that a check demands are to be taken `paced`, so that the same code is
   * rehearsed in seconds.
   */
  pace: number;
  /** `ms` at this pace, at least `leastMs`. */
  paced(ms: number, leastMs?: number): number;
  /** Waits, unless the drill is stopped. */
  pause(ms: number): Promise<void>;
  /** Asks again and again until it is not null; null when the time is over. */
  until<Value>(ask: () => Promise<Value | null>, withinMs: number): Promise<Value | null>;
  /** A team of this gateway made for the drill, with a key that may do everything in it. */
  scratchTeam(): Promise<ScratchTeam>;
  /** A second gateway of the same release, in a process and with a database of its own, in development mode. */
  node(options?: NodeOptions): Promise<DrillNode>;
  /** A PostgreSQL of its own, for nodes that share it or lose it. */
  database(): Promise<DrillDatabase>;
  /** An HTTP server on loopback that answers as told and keeps what it was sent. */
  receiver(answer?: Answer): Promise<DrillReceiver>;
  /** A simulated provider's API with its faults and request log. */
  provider<Name extends SimulatedProvider>(options: DrillProviderOptions<Name>): Promise<DrillProvider<Name>>;
  /** A request to the outside through the guard of all outgoing requests; to an endpoint or a public address. */
  send(request: OutsideRequest): Promise<{ status: number; headers: Record<string, string>; body: Uint8Array }>;
  /** What one of the team's endpoints would be sent of an event, signed with its own secrets as of `timestampSeconds`. */
  signed(event: SignedEvent): Promise<OutsideRequest & { headers: Readonly<Record<string, string>> }>;
};

/** A Posthorn over HTTP. Keys are given by whoever calls; none of it stands in the transcript. */
export type Gateway = {
  readonly url: string;
  readonly operatorKey: string;
  /** JSON there and back. Answers whatever the status is. */
  call(
    method: string,
    path: string,
    options?: { key?: string | null; body?: Json; headers?: Readonly<Record<string, string>> },
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  /** The same, but what is not 2xx throws with status, code and detail. */
  want(method: string, path: string, options?: { key?: string; body?: Json }): Promise<Record<string, unknown>>;
};

export type ScratchTeam = { id: string; key: string };

export type NodeOptions = {
  /** Environment variables beside those that it needs. */
  environment?: Readonly<Record<string, string>>;
  /** Several nodes may share one. Its own, embedded, when there is none. */
  database?: DrillDatabase;
  /** False: it is waited for until it listens, not until `/readyz` is 200, here and after each `restart`. */
  ready?: boolean;
};

export type DrillNode = Gateway & {
  readonly pid: number;
  /** A team with a key that may do everything in it. */
  team(): Promise<ScratchTeam>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for the end. Answers the exit code. */
  stop(): Promise<number | null>;
  /** After `kill` or `stop`: the same node on the same folder again; another address. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** Everything it wrote to its standard output and error so far, in all its lives. */
  output(): string;
  /** Its data folder. */
  readonly folder: string;
  /** Resident memory now, in bytes. */
  memoryBytes(): number;
};

export type DrillDatabase = {
  readonly url: string;
  /** Connections are reset and refused until `restore`; the server runs on. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** `kill -9` of the server. It stays away until `recover`. */
  crash(): Promise<void>;
  /** Starts the server again on what it left, as a gateway starts its own. */
  recover(): Promise<void>;
  /** As the owner of the tables, also while it is cut off. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
};

export type ReceivedRequest = {
  atMs: number;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
};
/** Answers a request that was received whole; `number` counts from 1. `hang` never answers; `reset` cuts the connection. */
export type Answer = (
  request: ReceivedRequest,
  number: number,
) => { status: number; headers?: Readonly<Record<string, string>>; body?: string; afterMs?: number } | 'hang' | 'reset';

export type DrillReceiver = {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  answerWith(answer: Answer): void;
  /** Refuses connections until it is opened again, at the same port. */
  close(): Promise<void>;
  open(): Promise<void>;
};

/** Time and the key pair of an app at DocuSign are the stage's. */
export type DrillProviderOptions<Name extends SimulatedProvider> = { provider: Name } & Omit<
  ApiSimulatorOptions<Name>,
  'provider' | 'clock' | 'publicKeyPem'
>;

export type DrillProvider<Name extends SimulatedProvider> = {
  /** Its faults, its request log, and its world. */
  readonly api: ApiSimulator<Name>;
  /** What a connection needs to be let in: the body of POST connections without name and policy. */
  connection(): Record<string, Json>;
};

type SignedEvent = {
  endpointId: string;
  eventId: string;
  eventType: string;
  body: Uint8Array;
  timestampSeconds: number;
};

export type OutsideRequest = {
  url: string;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  timeoutMs?: number;
};
