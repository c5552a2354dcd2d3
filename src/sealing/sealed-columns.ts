import { type IdPrefix, idPrefixes } from '../ids/id.rules.ts';

/** A column that holds sealed values, and what they are bound to beside their team. */
export type SealedColumn = {
  /** In words, for people: the plural. */
  title: string;
  table: string;
  column: string;
  /** The rest of the primary key behind `team_id`. The last is the id of the row that values are bound to. */
  key: readonly string[];
  idPrefix: IdPrefix;
  purpose: string;
};

/** Every column that holds sealed values. The purposes are those of who seals them, which a test holds them to. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    title: 'signing secrets of endpoints',
    table: 'endpoint_secret',
    column: 'sealed',
    key: ['endpoint_id', 'id'],
    idPrefix: idPrefixes.secret,
    purpose: 'endpoint-secret',
  },
  {
    title: 'header lists of endpoints',
    table: 'endpoint',
    column: 'headers_sealed',
    key: ['id'],
    idPrefix: idPrefixes.endpoint,
    purpose: 'endpoint-headers',
  },
  {
    title: 'client keys of endpoints',
    table: 'endpoint',
    column: 'client_tls_sealed',
    key: ['id'],
    idPrefix: idPrefixes.endpoint,
    purpose: 'endpoint-client-tls',
  },
  {
    title: 'credentials of sources',
    table: 'source_credential',
    column: 'sealed',
    key: ['source_id', 'id'],
    idPrefix: idPrefixes.sourceCredential,
    purpose: 'source-credential',
  },
  {
    title: 'credentials of connections',
    table: 'connection_credential',
    column: 'sealed',
    key: ['connection_id', 'id'],
    idPrefix: idPrefixes.connectionCredential,
    purpose: 'connection-credential',
  },
  {
    title: 'credentials of connections that are promoted, or can go back',
    table: 'promotion_credential',
    column: 'sealed',
    key: ['promotion_id', 'id'],
    idPrefix: idPrefixes.connectionCredential,
    purpose: 'connection-credential',
  },
  {
    title: 'removed credentials of connections, until their last read',
    table: 'closing_probe',
    column: 'sealed',
    key: ['connection_id', 'id'],
    idPrefix: idPrefixes.connectionCredential,
    purpose: 'connection-credential',
  },
  {
    title: 'signing keys of the audit log',
    table: 'audit_key',
    column: 'sealed',
    key: ['id'],
    idPrefix: idPrefixes.secret,
    purpose: 'audit-signing-key',
  },
];
