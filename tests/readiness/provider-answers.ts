import { randomUUID } from 'node:crypto';
import { answerAsDeclared } from './declared-gateway.ts';
import type { OutsideWorld } from './outside-world.ts';
import { answerForLaunch } from './prepare-launch.ts';
import { answerByKey } from './proofs-of-connections.ts';

/** The DocuSign account of the integration. */
export const account = '0b3d4c5e-1111-4222-8333-944445555666';
export const envelopesPath = `/v2.1/accounts/${account}/envelopes`;

/** As the providers would answer; a receiver takes everything. */
export function answerAsProviders(world: OutsideWorld): void {
  world.answer(answerOf);
}

/** What the providers of the integration answer; undefined: nothing in particular. */
export function answerOf(
  asked: { path: string } & Parameters<typeof answerByKey>[0],
): { status: number; body: unknown } | undefined {
  const { host, path } = asked;
  const byKey = answerByKey(asked);
  if (byKey !== undefined) return byKey;
  const ofLaunch = answerForLaunch({ host, path });
  if (ofLaunch !== undefined) return ofLaunch;
  const declared = answerAsDeclared({ host, path });
  if (declared !== undefined) return declared;
  if (path.startsWith('/oauth/token')) {
    return {
      status: 200,
      body: { access_token: randomUUID(), token_type: 'Bearer', expires_in: 3600, scope: 'signature' },
    };
  }
  if (path.startsWith('/oauth/userinfo')) {
    const accounts = [
      {
        account_id: account,
        is_default: true,
        account_name: 'A',
        base_uri: host.startsWith('account-d') ? 'https://demo.docusign.net' : 'https://eu.docusign.net',
      },
    ];
    return { status: 200, body: { sub: randomUUID(), name: 'A', accounts } };
  }
  if (host === 'app.documenso.com') {
    return { status: 200, body: { data: [], count: 0, currentPage: 1, perPage: 1, totalPages: 0 } };
  }
  return undefined;
}
