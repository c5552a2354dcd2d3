import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import type { Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';

type Concerned = { concerned: true; connection: ConnectionConfig } | { concerned: false; why: string };

/** The connection, if it is one to GoRoute's production. @throws Error when it cannot be read */
export function gorouteProduction(context: GatheringContext, subject: Subject): Concerned {
  const connection = context.connections.find(subject.id);
  if (connection === null) throw new Error(`${subject.id} cannot be read`);
  if (connection.profile.name !== 'goroute') return { concerned: false, why: 'It is no connection to GoRoute.' };
  if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
  return { concerned: true, connection };
}
