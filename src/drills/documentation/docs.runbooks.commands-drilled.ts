import type { Drill } from '../drill.ts';
import { drillTeam } from '../reliability/drill-team.ts';
import { judgeRunbooks, type RunBlock } from './docs.runbooks.commands-drilled.rules.ts';
import { blocksOf } from './page-blocks.rules.ts';
import { readPage, withPageShell } from './page-shell.ts';

const atTheNode = 'docs/operations.md';
/** On operating, on incidents at either side, and on recovery. */
const runbooks = [atTheNode, 'docs/sources.md', 'docs/endpoints.md', 'docs/replay.md'];
const type = 'invoice.paid';
const deliveredWithinMs = 60_000;

/** On scaling no page has commands yet; what they print is not compared. */
export const commandsDrilled: Drill = {
  checkId: 'docs.runbooks.commands-drilled',
  subject: 'gateway',
  version: 1,
  does: 'Types the commands of the pages on operating, incidents and recovery into a terminal, with a second gateway.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 900,
  async run(stage) {
    const pages = await Promise.all(runbooks.map(async (path) => ({ path, text: await readPage(path) })));
    const node = await stage.node();
    const receiver = await stage.receiver();
    const blocks: RunBlock[] = [];
    for (const [index, { path, text }] of pages.entries()) {
      // As the quickstart leaves it: an endpoint that answers, and an event that arrived.
      const team = await drillTeam(node, [type]);
      const { id: endpoint } = await team.endpoint({ url: receiver.url, eventTypes: ['*'] });
      await team.publish(type, { invoice: 'INV-1042', amount: '1250.00' });
      const delivered = await stage.until(
        async () => (await team.list('/deliveries?state=succeeded'))[0] ?? null,
        deliveredWithinMs,
      );
      if (delivered === null) throw new Error('the second gateway delivers nothing');
      await withPageShell(stage, node, async (shell) => {
        await shell.run(`TEAM=${team.id} ENDPOINT=${endpoint}`);
        // What works on the database itself is typed where the node is configured, as that page says.
        if (path === atTheNode) await shell.run(`export POSTHORN_DATA='${node.folder}'`);
        for (const { language, role, heading, text: commands } of blocksOf(text)) {
          if (language !== 'sh' || role !== 'runs') continue;
          const { ok } = await shell.run(commands);
          blocks.push({ page: path, heading, ok });
          stage.note('A block of a runbook was typed.', { page: path, heading, ok });
        }
      });
      stage.progress(index + 1, pages.length);
    }
    return judgeRunbooks(runbooks, blocks);
  },
};
