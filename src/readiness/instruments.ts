import type { Caller } from '../calling/caller.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import type { ReleaseFacts } from '../release/release-facts.ts';
import type { CollectorContext } from './finding.ts';

/** A secret as collectors may know it: what it is like, and whether another is the same; never what it is. */
export type SecretFact = {
  holder: 'endpoint' | 'source' | 'connection';
  holderId: string;
  /** The name of the credential; of an endpoint's secret its id. */
  name: string;
  teamId: string;
  environment: 'sandbox' | 'production' | null;
  /** HMAC under a key of this process: equal secrets have equal fingerprints, and nothing else can be told. */
  fingerprint: string;
  /** After decoding, where the scheme says how. */
  sizeBytes: number;
  /** How many different bytes it has: random ones of 24 bytes have 20 and more. */
  distinctBytes: number;
  /** It stands in a published example. */
  isSample: boolean;
};

/** What a TLS handshake showed. `trusted` false with the reason where it failed. */
export type HandshakeFact =
  | { trusted: true; protocol: string; validToMs: number }
  | { trusted: false; reason: string; kind: string };

/** What an operation of the served reference says of itself. */
export type DescribedRoute = {
  method: string;
  path: string;
  hasSummary: boolean;
  hasSuccess: boolean;
  /** Every path parameter, and a body where there is one, has a schema. */
  describesInput: boolean;
  permission: string | null;
  /** Statuses from 400 to 499 that it says it answers. */
  refusals: readonly number[];
};

/** A page of the documentation as it is served. */
export type ServedPage = {
  name: string;
  /** Of the release that it came with. */
  release: string;
  /** Where it can be linked to, and where its own links lead within the documentation: `name#id`. */
  ids: readonly string[];
  links: readonly string[];
  text: string;
};

export type ReferenceFacts = {
  /** What the router answers and means for the public: methods in upper case, paths as `/v1/teams/{team}`. */
  routes: readonly { method: string; path: string; permission: string }[];
  described: readonly DescribedRoute[];
  /** Codes of the registry, with whether they have a status and a title. */
  registered: readonly { code: string; complete: boolean }[];
  /** Codes in the served reference, and those that its page of problems explains. */
  documented: readonly string[];
  explained: readonly string[];
  /** Codes that were answered since this process started. */
  answered: readonly string[];
  /** Empty: the release came without. */
  pages: readonly ServedPage[];
};

/** How this gateway was configured: nothing secret. */
export type GatewayFacts = {
  environment: 'development' | 'production';
  publicUrl: string;
  logLevel: string;
  allowNetworks: readonly string[];
  /** Given by the operator, not made at the first start. */
  masterKeyGiven: boolean;
  operatorKeyGiven: boolean;
  /** Connections that this node opens to the database at most. */
  databaseConnections: number;
  requestsPerSecond: number | null;
  /** Where each secret of the gateway came from, by its variable. */
  origins: readonly SecretOrigin[];
};

export type SecretOrigin = {
  variable: string;
  /** `generated`: made at the first start. `unused`: none is needed, such as a password of the embedded database. */
  from: 'file' | 'private-file' | 'environment' | 'dotenv' | 'arguments' | 'generated' | 'unused';
};

/** The name of a credential, and where its value was found on this node. */
export type StrayCredential = { credential: string; place: string };

/** A signature in a PDF. Faults continue "the signature …" and say themselves what is wrong; null: nothing is. */
export type SignatureFact = {
  kind: 'signature' | 'timestamp';
  fault: string | null;
  /** The signer's. `fault`: why it is not trusted. `fingerprint`: its SHA-256, hex. */
  certificate: { fault: string | null; validToMs: number; fingerprint: string } | null;
};

/** An archived document as its bytes show it now. `signatures` null: it is not whole, no PDF, or too large to be read. */
export type DocumentFact = {
  state: 'stored' | 'damaged' | 'missing';
  /** In the order in which they were made. `tooMuch`: the file has more in it than is gone through. */
  signatures: { found: readonly SignatureFact[]; tooMuch: boolean } | null;
};

/** What collectors look with, beside queries. All of it is bounded, and changes nothing. */
export type Instruments = {
  /** Of every team: secrets are not to be shared between teams either. */
  secrets(): Promise<readonly SecretFact[]>;
  /** A handshake with an endpoint without a request, through the guard of all requests, with its client certificate. */
  handshake(endpoint: { teamId: string; endpointId: string; url: string }): Promise<HandshakeFact>;
  /** What this node would say to a new endpoint with this URL in production; null: it would take it. */
  refusalOfUrl(url: string): string | null;
  call: Caller;
  /** Where the credentials of a connection lie on this node; `unread`: fields whose values are not looked for. */
  strayCredentials(connectionId: string): { found: readonly StrayCredential[]; unread: number };
  connections: Pick<ConnectionDirectory, 'find' | 'all'>;
  reference(): Promise<ReferenceFacts> | ReferenceFacts;
  gateway(): GatewayFacts;
  /** The manifest of what runs, verified, and what runs. */
  manifest(): Promise<ReleaseFacts>;
  /** Reads an archived document anew. Rejects when the store does not say either way. */
  examineDocument(of: {
    teamId: string;
    document: { sha256: string; sizeBytes: number; contentType: string };
    nowMs: number;
  }): Promise<DocumentFact>;
};

export type GatheringContext = CollectorContext & Instruments;
