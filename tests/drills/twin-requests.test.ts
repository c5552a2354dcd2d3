import { expect, test } from 'vitest';
import type { DrillTeam } from '../../src/drills/reliability/drill-team.ts';
import { type ProviderRequest, twinSource } from '../../src/drills/reliability/provider-requests.ts';
import type { Credential, InboundRequest } from '../../src/providers/provider-profile.ts';
import { readOptions } from '../../src/providers/read-options.rules.ts';
import { findProfile, providerNames } from '../../src/providers/registry.ts';

/** Sources of every provider, what options make of some, and other kinds of credentials than the usual one. */
const sources: readonly { called: string; provider: string; given: object; kinds: string[] | null }[] = [
  ...providerNames.map((provider) => ({ called: provider, provider, given: {}, kinds: null })),
  ...Object.entries({
    'goroute with another header': ['goroute', { signatureHeader: 'x-another-header' }],
    'standard-webhooks of Svix': ['standard-webhooks', { headerPrefix: 'svix' }],
    'generic with a time': ['generic', { signedContent: '{timestamp}.{body}', timestampHeader: 'x-time' }],
    'generic with an id in the body': ['generic', { duplicatesBy: 'path', duplicatesPath: 'data.id' }],
    'generic with a shared secret': ['generic', { scheme: 'shared-secret', header: 'x-secret', prefix: 'Bearer ' }],
    'generic with a password': ['generic', { scheme: 'basic' }],
  } as const).map(([called, [provider, given]]) => ({ called, provider, given, kinds: null })),
  { called: 'standard-webhooks with a key pair', provider: 'standard-webhooks', given: {}, kinds: ['public-key'] },
];

test.each(sources)(
  'requests to a twin of $called are signed as its source verifies, and tell two notifications apart',
  async ({ provider, given, kinds }) => {
    const made: { credentials: Credential[] }[] = [];
    const gateway = {
      url: 'http://127.0.0.1:1',
      want: (_method: string, _path: string, { body }: { body: { credentials: Credential[] } }) => {
        made.push(body);
        return Promise.resolve({ id: 'src_01kajxkkj8ffkr1g8xs6a3ek0r' });
      },
    };
    const team = { id: 'team_01kajxkkj8ffkr1g8xs6a3ek0r', key: 'key', gateway } as unknown as DrillTeam;
    const profile = findProfile(provider);
    if (profile === null) throw new Error(`there is no profile ${provider}`);
    const { options, problems } = readOptions(profile.options, given, '/options');
    expect(problems).toEqual([]);
    const twin = await twinSource(team, { provider, options, ...(kinds === null ? {} : { kinds }) });
    const [credentials = []] = made.map((body) => body.credentials);
    expect(credentials.map(({ kind, value }) => profile.credentialKinds[kind]?.problemOf(value))).toEqual([null]);
    const [one, other] = await twin.notifications(2);
    const requests = [one?.request(team.gateway, 1), one?.request(team.gateway, 2), other?.request(team.gateway)];
    const received = requests.map((request) => arrived(request as ProviderRequest));
    for (const each of received) {
      expect(profile.verify(each, credentials, options, Date.now())).toMatchObject({ verified: true });
    }
    const [first, again, another] = received.map((each) => profile.identify(each, options).dedupeKey);
    expect(again).toBe(first);
    expect(another).not.toBe(first);
  },
);

function arrived({ url, headers, body }: ProviderRequest): InboundRequest {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  return {
    method: 'POST',
    headers: { get: (name) => lower.get(name) },
    query: new URL(url).searchParams,
    body: Buffer.from(body),
  };
}
