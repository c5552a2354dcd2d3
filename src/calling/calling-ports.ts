import type { Authorizer } from '../authorization/authorizer.ts';
import type { CallEnd, CallLedger, CallStart } from '../calls/call-ledger.ts';
import type { Clock } from '../clock.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { Egress } from '../egress/create-egress.ts';
import type { IdSource } from '../ids/id-source.ts';
import type { BroughtCredential } from './policy/brought-credential.rules.ts';

/** A call of before this process, as the polling guard remembers it. */
type RememberedCall = { callId: string; resource: string; subject: string | null; atMs: number };

/** `template`: the path with its variables named. */
type RememberedUse = { method: string; template: string; requests: number };

/** What calling stands on; main.ts hands it in. */
export type CallingPorts = {
  directory: ConnectionDirectory;
  authorizer: Authorizer;
  ledger: CallLedger;
  egress: Pick<Egress, 'upstream'>;
  ids: IdSource;
  clock: Clock;
  monotonicMs: () => number;
  timers: Timers;
  /** In [0, 1). */
  random: () => number;
  /** Of Posthorn, for User-Agent. */
  version: string;
  /** When the newest event about a subject came from one of the sources, since a moment; null: none did. */
  lastEventAt: (
    teamId: string,
    sourceIds: readonly string[],
    subject: string,
    sinceMs: number,
  ) => Promise<number | null>;
  /** Whether an event of one of these types told that the subject is completed. */
  isCompleted: (
    teamId: string,
    sourceIds: readonly string[],
    subject: string,
    eventTypes: readonly string[],
  ) => Promise<boolean>;
  /** Calls through a connection since a moment that may have reached the provider. */
  recentCalls: (connectionId: string, sinceMs: number) => Promise<readonly RememberedCall[]>;
  /** Requests through a connection since a moment, of all nodes and retries too, by what they were. */
  budgetUse: (connectionId: string, sinceMs: number) => Promise<readonly RememberedUse[]>;
  /** The provider took the credential. */
  onCredentialUsed: (connection: ConnectionConfig, credentialId: string) => void;
  /** A call is over: for metrics. */
  onCall?: (start: CallStart, end: CallEnd) => void;
  /** A caller came with a credential of a provider: for readiness. */
  onBrought?: (start: CallStart, kind: BroughtCredential) => void;
  /** A breaker opened. */
  onBreakerOpened?: (connection: ConnectionConfig) => void;
  onError: (where: string, error: unknown) => void;
};
