import type { Random } from './random.rules.ts';
import type { Notification, Outcome, SimulatedRequest, Stamp } from './simulated-request.ts';

type EventDescription = { name: string; description: string };

/** A field of a scenario, as data: enough to check a file and to document it. */
export type FieldSpec = { description: string } & (
  | { kind: 'text' }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'whole'; least: number; most: number }
  | { kind: 'flag' }
);

/** What somebody can do in a scenario. `by` is `person` for one of the scenario's own people, else a fixed name. */
type ActionSpec = {
  by: string;
  description: string;
  /** Fields that its step may have beside `who`, `does` and `afterSeconds`. */
  takes?: Readonly<Record<string, FieldSpec>>;
};

export type FieldValue = string | number | boolean;
export type Fields = Readonly<Record<string, FieldValue>>;

/** Somebody in a scenario; what is left out is invented. */
export type CastMember = { key: string; role: string | null; name: string | null; email: string | null };

export type Step = {
  who: string;
  does: string;
  /** How long after the step before. */
  afterSeconds: number;
  fields: Fields;
};

/** A checked scenario: every name in it means something to its provider. */
export type Scenario = {
  provider: string;
  name: string;
  description: string;
  about: Fields;
  people: readonly CastMember[];
  steps: readonly Step[];
};

/** How a provider goes on when an attempt fails, as far as that is known. */
type RetrySpec =
  /** Every notification for itself; the delays after each failed attempt, by the name of the way it is run. */
  | { kind: 'independent'; runners: Readonly<Record<string, readonly number[]>>; usual: string }
  /** All of them stop at the first failure, and go on in order when one is acknowledged again. */
  | { kind: 'acknowledged'; retries: number; delayMs: number };

/** What a world is made from. */
export type WorldInput = {
  random: Random;
  /** Begins alike in every world of one simulation: for the account that they all belong to. */
  shared: Random;
  /** When the first step of the scenario would happen without a delay. */
  startMs: number;
  /** Overrides what the scenario says; only some providers send files. */
  pdfSizeBytes: number | null;
};

/** A provider as data and pure functions. */
export type Simulator = {
  /** Lower case, as in `documenso`. */
  name: string;
  title: string;
  secret: {
    /** What `--secret` is called there. */
    what: string;
    required: boolean;
    /** Several secrets sign together, as while one is rotated. */
    several: boolean;
    /** What is wrong with it and how to mend it, without quoting it; null when it will do. */
    problemOf(secret: string): string | null;
    /** One of the right shape that is not the receiver's. */
    wrong(random: Random): string;
  };
  events: readonly EventDescription[];
  roles: readonly string[];
  about: Readonly<Record<string, FieldSpec>>;
  actions: Readonly<Record<string, ActionSpec>>;
  defaultScenario: string;
  /** What a signature is over; `nothing`: only a shared secret comes along. */
  covers: 'body' | 'fields' | 'nothing';
  /** Whether a time is signed, by which a receiver can tell how old a request is. */
  timestamped: boolean;
  timeoutMs: number;
  retries: RetrySpec;
  /** The header that Posthorn assumes, where its name is not public. */
  signatureHeader?: string;
  /** Throws a ScenarioProblem where a step cannot happen. Notifications come in the order of their time. */
  play(scenario: Scenario, world: WorldInput): Notification[];
  /** Whether the provider takes the answer for an acknowledgement. */
  acknowledged(outcome: Outcome, request: SimulatedRequest): boolean;
  /** Changes a signed request so that its signature does not hold any more. */
  tamper(request: SimulatedRequest, notification: Notification): SimulatedRequest;
  /** What it asks of a URL before it sends anything. */
  handshake?(stamp: Stamp): SimulatedRequest;
};
