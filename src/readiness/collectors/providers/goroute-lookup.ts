import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import type { GatheringContext } from '../../instruments.ts';
import { readOwn } from './own-read.ts';
import { type Lookup, readLookup } from './goroute-lookup.rules.ts';

const atOnce = 4;

/** Looks participants up through a connection, by the path that it is configured with. */
export async function lookUp(
  context: GatheringContext,
  connection: ConnectionConfig,
  participants: readonly { scheme: string; value: string }[],
): Promise<Lookup[]> {
  const path = String(connection.options['lookupPath'] ?? '/api/v1/participants/lookup');
  const parameter = path === '/participants/lookup' ? 'identifier' : 'peppol_id';
  const found: Lookup[] = [];
  for (let start = 0; start < participants.length; start += atOnce) {
    const some = participants.slice(start, start + atOnce).map(async ({ scheme, value }) => {
      const identifier = `${scheme}:${value}`;
      const read = await readOwn(context, connection.id, `${path}?${parameter}=${encodeURIComponent(identifier)}`);
      return readLookup(identifier, read);
    });
    found.push(...(await Promise.all(some)));
  }
  return found;
}
