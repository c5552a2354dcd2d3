import type { Drill } from '../drill.ts';
import { type DrillTeam, teamAt } from '../reliability/drill-team.ts';
import type { DrillNode, Json, Stage } from '../stage.ts';
import { filledCredential, judgeProviders, type ProviderFacts } from './docs.guide.each-provider-runs.rules.ts';
import { blocksOf, commandsOf } from './page-blocks.rules.ts';
import { readPage, withPageShell } from './page-shell.ts';

const providers = ['documenso', 'docusign', 'goroute'] as const;
type Provider = (typeof providers)[number];

const storedWithinMs = 20_000;
/** Headings of docs/receiving.md under which a provider has its blocks. */
const headings: Readonly<Record<string, Provider>> = {
  'DocuSign Connect': 'docusign',
  'Large bodies': 'docusign',
  GoRoute: 'goroute',
};

/** The pages: docs/receiving.md for webhooks, docs/credentials.md for calls; the providers are simulated. */
export const eachProviderRuns: Drill = {
  checkId: 'docs.guide.each-provider-runs',
  subject: 'gateway',
  version: 1,
  does: 'Follows the pages on Documenso, DocuSign and GoRoute with simulators and a second gateway.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 900,
  async run(stage) {
    const [create = ''] = commandsOf(await readPage('README.md'), 'quickstart').slice(1);
    const blocks = blocksOf(await readPage('docs/receiving.md')).filter(({ role }) => role === 'runs');
    const credentials = await readPage('docs/credentials.md');
    const node = await stage.node();
    const startedAtMs = performance.now();
    return withPageShell(stage, node, async (shell) => {
      if (!(await shell.run(create)).ok)
        throw new Error('the quickstart does not run: see docs.guide.walkthrough-runs');
      const broken = new Map<Provider, string[]>(providers.map((provider) => [provider, []]));
      for (const [index, { heading, text }] of blocks.entries()) {
        const provider = headings[heading] ?? 'documenso';
        const { ok } = await shell.run(text);
        if (!ok) broken.get(provider)?.push(heading);
        stage.note('A block of docs/receiving.md was typed.', { heading, ok });
        stage.progress(index + 1, blocks.length);
      }
      const id = (await shell.run('echo "$TEAM"')).printed.trim().split('\n').at(-1) ?? '';
      const team = teamAt(node, { id, key: node.operatorKey });
      const facts: ProviderFacts[] = [];
      for (const provider of providers) {
        const verified = await countVerified(stage, team, provider);
        const called = await callAsShown(stage, node, team, provider, credentials);
        stage.note('What the pages led to.', { provider, verified, called });
        facts.push({ provider, broken: broken.get(provider) ?? [], verified, called });
      }
      return judgeProviders(facts, Math.round(performance.now() - startedAtMs));
    });
  },
};

async function countVerified(stage: Stage, team: DrillTeam, provider: Provider): Promise<number> {
  const sources = await team.list<{ id: string; provider: string }>('/sources');
  const own = sources.filter((source) => source.provider === provider);
  const count = async (): Promise<number> => {
    const found = await Promise.all(own.map(({ id }) => team.list(`/events?source=${id}`)));
    return found.flat().length;
  };
  return (await stage.until(async () => (await count()) || null, storedWithinMs)) ?? 0;
}

/** Connects with the credential as docs/credentials.md shows it, and makes one read. */
async function callAsShown(
  stage: Stage,
  node: DrillNode,
  team: DrillTeam,
  provider: Provider,
  page: string,
): Promise<number | null> {
  const api = await stage.provider({ provider });
  const { credentials, ...connection } = api.connection();
  const [real] = credentials as { fields: Record<string, string> }[];
  const [shown] = commandsOf(page, `credential ${provider}`, 'json');
  if (shown === undefined || real === undefined) return null;
  // The name of a header is the page's matter; where the accounts are is the simulator's.
  const { name: _, authBaseUrl, ...given } = real.fields;
  const credential = filledCredential(shown, given);
  if (authBaseUrl !== undefined) credential.fields['authBaseUrl'] = authBaseUrl;
  const body: { [name: string]: Json } = {
    ...connection,
    name: 'Drill',
    credentials: [{ name: 'first', ...credential }],
  };
  const { status, body: made } = await team.call('POST', '/connections', body);
  if (status !== 201) return null;
  const { accountId = '' } = api.api.world.api as unknown as { accountId?: string };
  const path = {
    documenso: '/api/v2/envelope',
    docusign: `/v2.1/accounts/${accountId}`,
    goroute: '/api/v1/organizations',
  }[provider];
  return (await node.call('GET', `/egress/${String(made['id'])}${path}`, { key: team.key })).status;
}
