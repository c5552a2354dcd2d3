import type { Actor } from '../context.ts';
import { mayDo } from '../teams/permissions.rules.ts';

/** Whether somebody may read, and search in, bodies with the live tokens that are masked for others. */
export function mayReveal(actor: Actor): boolean {
  return actor.kind === 'operator' || mayDo(actor.permissions, 'events:reveal');
}
