import type { Drill } from '../drill.ts';
import type { DrillNode, Stage } from '../stage.ts';
import { firstCells, judgeInstructions, type Said } from './docs.access.instructions-work.rules.ts';
import { blocksOf, commandsOf } from './page-blocks.rules.ts';
import { type PageShell, readPage, withPageShell } from './page-shell.ts';

const saysWithinMs = 60_000;
/** What `docs/api.md` promises of a key that was revoked. */
const revokedWithinMs = 35_000;
const tools = ['curl', 'jq', 'openssl'];

/** Pages: docs/api.md on keys and permissions, docs/verifying.md on signatures, in a team as the quickstart leaves it. */
export const instructionsWork: Drill = {
  checkId: 'docs.access.instructions-work',
  subject: 'gateway',
  version: 1,
  does: 'Types what the pages have on keys, permissions and signatures into a terminal, with a second gateway.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 600,
  async run(stage) {
    const quickstart = commandsOf(await readPage('README.md'), 'quickstart').slice(1);
    const api = await readPage('docs/api.md');
    const verifying = await readPage('docs/verifying.md');
    const node = await stage.node();
    return withPageShell(stage, node, async (shell) => {
      const missing = await shell.run(`command -v ${tools.join(' ')} > /dev/null`);
      if (!missing.ok) throw new Error(`the pages need ${tools.join(', ')}, and this machine has not all of them`);
      for (const command of quickstart) {
        if (!(await shell.run(command)).ok)
          throw new Error('the quickstart does not run: see docs.guide.walkthrough-runs');
        if (command.includes('posthorn inbox')) await hear(stage, shell, 'Posthorn inbox at');
        if (command.includes('/events"')) await hear(stage, shell, '1 webhook received.');
      }
      const said: Said[] = [];
      const note = (says: string, holds: boolean, seen: string | number): void => {
        said.push({ says, holds, seen: String(seen) });
        stage.note(says, { holds, seen });
      };
      await tryKeys(stage, node, shell, api, note);
      stage.progress(1, 2);
      await trySignatures(shell, verifying, note);
      stage.progress(2, 2);
      return judgeInstructions(said);
    });
  },
};

type Note = (says: string, holds: boolean, seen: string | number) => void;

async function tryKeys(stage: Stage, node: DrillNode, shell: PageShell, page: string, note: Note): Promise<void> {
  const [command = ''] = blocksOf(page)
    .filter(({ role, heading }) => role === 'runs' && heading === 'Keys and permissions')
    .map(({ text }) => text);
  const made = await shell.run(command);
  const key = lastLine(made.printed);
  note(
    'the command makes a key that begins with phk_',
    made.ok && key.startsWith('phk_'),
    made.ok ? 'made' : 'refused',
  );
  const team = lastLine((await shell.run('echo "$TEAM"')).printed);
  const at = `/v1/teams/${team}`;
  const ask = async (method: string, path: string, as: string | null): Promise<number> =>
    (await node.call(method, path, { key: as, ...(method === 'POST' ? { body: anEvent } : {}) })).status;
  const expect = async (says: string, status: number, asked: Promise<number>): Promise<void> => {
    const seen = await asked;
    note(says, seen === status, seen);
  };
  const anEvent = { type: 'invoice.paid', payload: { invoice: 'INV-1' } };
  await expect('its permission lets it post an event', 202, ask('POST', `${at}/events`, key));
  await expect('without the permission it is answered 403', 403, ask('GET', `${at}/endpoints`, key));
  await expect('no key is answered 401', 401, ask('GET', `${at}/endpoints`, null));
  const other = await node.team();
  await expect("another team's key is answered 404", 404, ask('GET', `${at}/endpoints`, other.key));

  for (const permission of firstCells(page, 'permission')) {
    const body = { name: 'drill', permissions: [permission] };
    const { status } = await node.call('POST', `${at}/api-keys`, { body });
    if (status !== 201) note(`${permission} can be given`, false, status);
  }
  note('every permission of the table can be given', true, firstCells(page, 'permission').length);
  const { data } = (await node.want('GET', `${at}/api-keys`)) as { data: { id: string; name: string }[] };
  const id = data.find(({ name }) => name === 'billing service')?.id ?? '';
  await node.call('DELETE', `${at}/api-keys/${id}`);
  const revoked = await stage.until(async () => {
    return (await ask('POST', `${at}/events`, key)) === 401 ? 401 : null;
  }, revokedWithinMs);
  note('a key that was revoked is answered 401', revoked === 401, revoked ?? 'still taken');
}

async function trySignatures(shell: PageShell, page: string, note: Note): Promise<void> {
  const recorded = commandsOf(page, 'recorded').join('');
  const verify = commandsOf(page, 'verify').join('');
  // The lines end the shell that they are typed into when the signature does not fit.
  const tried = (): ReturnType<PageShell['run']> => shell.run(`(\n${verify})`);
  const fetched = await shell.run(`WEBHOOK_SECRET=$SECRET\n${recorded}`);
  note('the request on record is fetched', fetched.ok, fetched.ok ? 'fetched' : 'failed');
  const genuine = await tried();
  note('it verifies', genuine.ok && lastLine(genuine.printed) === 'verified', genuine.ok ? 'verified' : 'refused');
  await shell.run("printf ' ' >> body");
  const forged = await tried();
  note(
    'one more blank in the body is refused',
    !forged.ok && forged.printed.includes('not verified'),
    forged.ok ? 'verified' : 'refused',
  );
}

async function hear(stage: Stage, shell: PageShell, text: string): Promise<void> {
  await stage.until(() => Promise.resolve(shell.output().includes(text) ? true : null), saysWithinMs);
}

function lastLine(printed: string): string {
  return printed.trim().split('\n').at(-1)?.trim() ?? '';
}
