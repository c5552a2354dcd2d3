import { type Connection, createConnection } from './connection.ts';
import { requireConnectionId } from './connection-url.rules.ts';
import { createDocumenso, type Documenso } from './documenso/documenso.ts';
import { createDocusign, type Docusign } from './docusign/docusign.ts';
import { createGoroute, type Goroute, type GorouteOptions } from './goroute/goroute.ts';
import { type PosthornSettings, readSettings } from './settings.rules.ts';

/** A Posthorn, with one key. Connections to it are shared by everything in the process, as those of `fetch` are. */
export type Posthorn = {
  /** Any provider's API. @param id `con_…` */
  connection(id: string): Connection;
  documenso(id: string): Documenso;
  docusign(id: string, options: { accountId: string }): Docusign;
  goroute(id: string, options?: GorouteOptions): Goroute;
};

/**
 * Another Posthorn than the one that is shared, or another key.
 * @throws TypeError for settings that cannot be used
 */
export function createPosthorn(settings: PosthornSettings): Posthorn {
  const read = readSettings(settings);
  // Looked up at each call, so that what instruments or replaces the global one is heeded.
  const fetchIt: typeof fetch = settings.fetch ?? ((input, init) => fetch(input, init));
  const connection = (id: string): Connection => createConnection(requireConnectionId(id), read, fetchIt);
  return {
    connection,
    documenso: (id) => createDocumenso(connection(id)),
    docusign: (id, { accountId }) => createDocusign(connection(id), accountId),
    goroute: (id, options = {}) => createGoroute(connection(id), options),
  };
}
