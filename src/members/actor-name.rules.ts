import type { Actor } from '../context.ts';

/** Who acts, as invitations and sign-offs name them: the member where the key is one of theirs, else the key. */
export function actorName(actor: Actor): string {
  return actor.kind === 'operator' ? 'operator' : (actor.memberId ?? actor.apiKeyId);
}
