import type { Drill } from '../drill.ts';
import { type DeliveryView, teamAt } from '../reliability/drill-team.ts';
import { fits } from '../security/verify-request.rules.ts';
import type { DrillNode, Stage } from '../stage.ts';
import { judgeWalkthrough, type Step } from './docs.guide.walkthrough-runs.rules.ts';
import { commandsOf } from './page-blocks.rules.ts';
import { type PageShell, readPage, withPageShell } from './page-shell.ts';

const saysWithinMs = 60_000;
/** The receiver of the guide runs in the background, and says when it listens. */
const [listens, verifies] = ['Posthorn inbox at', 'verified ✓'];

export const walkthroughRuns: Drill = {
  checkId: 'docs.guide.walkthrough-runs',
  subject: 'gateway',
  version: 1,
  does: 'Types the quickstart into a terminal as it stands, with a second gateway, and verifies what it led to.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 600,
  async run(stage) {
    const [, ...commands] = commandsOf(await readPage('README.md'), 'quickstart');
    const node = await stage.node();
    return withPageShell(stage, node, async (shell) => {
      const steps: Step[] = [];
      const startedAtMs = performance.now();
      for (const command of commands) {
        const { ok } = await shell.run(command);
        steps.push({ heading: 'Quickstart', ok });
        stage.note(`Step ${steps.length} of the quickstart.`, { ok });
        stage.progress(steps.length, commands.length);
        if (command.includes('posthorn inbox')) await hear(stage, shell, listens);
        if (!ok) break;
        // What it says comes a moment after the answer that it belongs to.
        if (command.includes('/events"')) await hear(stage, shell, verifies);
      }
      const found = await readDelivery(stage, node, shell);
      stage.note('The delivery that it led to.', found);
      const tookMs = Math.round(performance.now() - startedAtMs);
      return judgeWalkthrough({ steps, tookMs, inboxVerified: shell.output().includes(verifies), ...found });
    });
  },
};

async function hear(stage: Stage, shell: PageShell, text: string): Promise<void> {
  await stage.until(() => Promise.resolve(shell.output().includes(text) ? true : null), saysWithinMs);
}

async function readDelivery(
  stage: Stage,
  node: DrillNode,
  shell: PageShell,
): Promise<{ state: string; verified: boolean }> {
  const [id = '', delivery = '', secret = ''] = (await shell.run('echo "$TEAM $DELIVERY $SECRET"')).printed
    .trim()
    .split('\n')
    .at(-1)
    ?.split(' ') ?? [''];
  if (!id.startsWith('team_') || !delivery.startsWith('dlv_')) return { state: '', verified: false };
  const team = teamAt(node, { id, key: node.operatorKey });
  const shown = await stage.until(async () => {
    const view = (await team.want('GET', `/deliveries/${delivery}`)) as DeliveryView;
    return view.state === 'pending' ? null : view;
  }, saysWithinMs);
  const request = shown?.attempts.at(-1)?.request;
  const headers = Object.fromEntries((request?.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
  const body = new Uint8Array(Buffer.from(request?.body?.content ?? ''));
  const verified = secret !== '' && fits({ headers, body }, { scheme: 'standard-webhooks' }, secret);
  return { state: shown?.state ?? 'pending', verified };
}
