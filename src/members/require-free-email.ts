import type pg from 'pg';
import { Problem } from '../problem.ts';
import { emailKey } from './email.rules.ts';
import { isEmailTaken } from './member.store.ts';

/** @throws Problem conflict when another active member of the team has the e-mail, in any case of its letters. */
export async function requireFreeEmail(
  client: pg.PoolClient,
  teamId: string,
  email: string,
  exceptId: string | null,
): Promise<void> {
  if (!(await isEmailTaken(client, teamId, emailKey(email), exceptId))) return;
  throw new Problem(
    'conflict',
    'Another member of the team has this e-mail: change that member, or remove them first.',
    {
      errors: [{ pointer: '/email', message: 'is that of another member' }],
    },
  );
}
