import type pg from 'pg';
import { createAuthorizer } from '../authorization/create-authorizer.ts';
import { createCommandRunner } from '../authorization/run-command.ts';
import { createTokenRequester } from '../authorization/token-requester.ts';
import type { CallEnd, CallStart } from '../calls/call-ledger.ts';
import { createCallHistory } from '../calls/call-history.ts';
import { createCallLedger } from '../calls/create-call-ledger.ts';
import { createClosingProbeWorker } from '../connections/closing-probe-worker.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { createConnectionDirectory } from '../connections/connection-directory.ts';
import { createBroughtCredentials } from '../connections/record-brought-credential.ts';
import { createCredentialUse } from '../connections/record-credential-use.ts';
import type { CallFigures } from '../telemetry/metrics.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { CallingPorts } from './calling-ports.ts';
import { type Calls, createCalling } from './create-calling.ts';

/** Everything between an application's call and a provider. */
export type OpenCalling = {
  calling: Calls;
  directory: ConnectionDirectory;
  /** Calls that wait to be recorded. */
  pending(): number;
  teamChanged(teamId: string): void;
  mayHaveMissed(): void;
  /** Resolves when connections are known. */
  start(): Promise<void>;
  /** Ends calls that take longer than the patience; what ended is on record then, as far as the database answers. */
  stop(patienceMs: number): Promise<void>;
};

type Services = Pick<CallingPorts, 'egress' | 'ids' | 'clock' | 'monotonicMs' | 'timers' | 'random' | 'version'>;

export function openCalling(
  options: Services & {
    database: pg.Pool;
    /** Of its own: calls wait for it. */
    ledgerDatabase: pg.Pool;
    sealer: Sealer;
    epoch: () => number | null;
    /** What credentials that refer to variables and commands find. */
    environment: Readonly<Record<string, string | undefined>>;
    onCall: (figures: CallFigures) => void;
    onBreakerOpened: (opened: { teamId: string; connectionId: string }) => void;
    onError: (where: string, error: unknown) => void;
  },
): OpenCalling {
  const { database, sealer, clock, timers, egress, environment, onError } = options;
  const onErrorIn = (where: string) => (error: unknown) => onError(where, error);
  const directory = createConnectionDirectory({
    database,
    sealer,
    clock,
    timers,
    onError: onErrorIn('connections'),
  });
  const use = createCredentialUse({ database, clock, timers, onError: onErrorIn('use of credentials') });
  const brought = createBroughtCredentials({ database, clock, timers, onError: onErrorIn('brought credentials') });
  const ledger = createCallLedger({
    database: options.ledgerDatabase,
    epoch: options.epoch,
    timers,
    onError: onErrorIn('call ledger'),
  });
  const authorizer = createAuthorizer({
    request: createTokenRequester(egress),
    clock,
    readEnv: (name) => environment[name],
    run: createCommandRunner(environment),
    onError: (error) => onError('credentials', error),
  });
  const history = createCallHistory(database);
  const calling = createCalling({
    ...options,
    directory,
    authorizer,
    ledger,
    lastEventAt: (...about) => history.lastEventAt(...about),
    isCompleted: (...about) => history.isCompleted(...about),
    recentCalls: (connectionId, sinceMs) => history.recentCalls(connectionId, sinceMs),
    budgetUse: (connectionId, sinceMs) => history.budgetUse(connectionId, sinceMs),
    onCall: (start, end) => options.onCall(figuresOf(start, end)),
    onCredentialUsed: ({ teamId, id }, credentialId) => use.used({ teamId, connectionId: id, credentialId }),
    onBrought: ({ teamId, connectionId, id }, kind) => brought.brought({ teamId, connectionId, callId: id, kind }),
    onBreakerOpened: ({ teamId, id }) => options.onBreakerOpened({ teamId, connectionId: id }),
  });
  const probing = { database, sealer, clock, probe: calling.probe, onError: onErrorIn('closing probes') };
  const closingProbes = createClosingProbeWorker(probing, timers);
  return {
    calling,
    directory,
    pending: () => ledger.pending,
    teamChanged: (teamId) => directory.teamChanged(teamId),
    mayHaveMissed: () => directory.mayHaveMissed(),
    async start() {
      use.start();
      brought.start();
      await directory.start();
      closingProbes.start();
    },
    async stop(patienceMs) {
      await closingProbes.stop();
      await calling.stop(patienceMs);
      await Promise.all([ledger.stop(recordPatienceMs), use.stop(), brought.stop(), directory.stop()]);
    },
  };
}

const recordPatienceMs = 3_000;

function figuresOf({ provider }: CallStart, { error, timing, polling }: CallEnd): CallFigures {
  const outcome = error === null ? 'succeeded' : 'failed';
  return { provider, outcome, totalMs: timing.totalMs, violation: polling !== null };
}
