import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import type { Options } from '../providers/provider-profile.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { NotProbed, ProbeAnswer, ProbeState } from './closing-probe.rules.ts';
import type { ConnectionConfig, ConnectionCredential } from './connection-config.ts';

/** A removed credential and what its last reads told. Times are RFC 3339; nothing here is secret. */
export type ClosingProbe = {
  /** The id of the credential. */
  id: string;
  name: string;
  kind: string;
  /** Where it was used. */
  environment: ApiEnvironment;
  state: ProbeState;
  because: NotProbed | null;
  /** When it was removed, or had ended. */
  replacedAt: string;
  tries: number;
  status: number | null;
  triedAt: string | null;
  acceptedAt: string | null;
  closedAt: string | null;
  /** Null: it is closed. */
  nextAt: string | null;
};

/** A credential that goes from somewhere else than its connection: sealed, bound to its id, with where it was used. */
export type GoneCredential = {
  teamId: string;
  connectionId: string;
  id: string;
  name: string;
  kind: string;
  sealed: Buffer;
  environment: ApiEnvironment;
  baseUrl: string | null;
  options: Options;
};

/**
 * Makes one harmless read with a credential where its connection led, past its policies: it is no call of the application,
 * and stands in no ledger. Where the credential is exchanged for a token, that is the read.
 * @returns `no-read` where nothing says which read is harmless.
 */
export type CredentialProbe = (
  connection: ConnectionConfig,
  credential: ConnectionCredential,
) => Promise<ProbeAnswer | 'no-read'>;

/** What working on closing probes needs. */
export type ProbingServices = {
  database: pg.Pool;
  sealer: Sealer;
  clock: Clock;
  probe: CredentialProbe;
  onError: (error: unknown) => void;
};
