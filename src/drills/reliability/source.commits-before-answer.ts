import type { Drill } from '../drill.ts';
import { drillTeam } from './drill-team.ts';
import { twinSource } from './provider-requests.ts';
import { isTaken, sendAll } from './send-all.ts';
import { judgeCrashes } from './source.commits-before-answer.rules.ts';
import { compareWithStored, hashOf, readStoredEvents } from './stored-events.ts';

const kills = 20;
const perKill = 100;
const concurrency = 8;
const settledWithinMs = 30_000;

export const commitsBeforeAnswer: Drill = {
  checkId: 'source.commits-before-answer',
  subject: 'gateway',
  version: 1,
  does: 'Kills a second gateway twenty times while a provider sends to it, and looks for everything that it had answered.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database });
    const team = await drillTeam(node);
    const source = await twinSource(team, { provider: 'goroute' });
    const receiver = await stage.receiver();
    await team.endpoint({ url: receiver.url, eventTypes: ['*'] });
    const rounds = Math.round(stage.paced(kills, 3));
    const notifications = await source.notifications(rounds * perKill);
    stage.note('A provider begins to send.', { webhooks: notifications.length, kills: rounds, atOnce: concurrency });

    const acknowledged = new Set<string>();
    let sent = 0;
    for (let round = 0; round < rounds; round += 1) {
      stage.progress(round, rounds + 1);
      // At any moment but the end, so that some are always under way.
      const killAt = Math.ceil(perKill * (0.3 + 0.6 * Math.random()));
      let answered = 0;
      let killing: Promise<void> | null = null;
      const slice = notifications.slice(round * perKill, (round + 1) * perKill);
      const all = await sendAll(slice, {
        gateway: node,
        signal: stage.signal,
        concurrency,
        until: () => killing !== null,
        onSent(one) {
          if (isTaken(one)) acknowledged.add(hashOf(one.body));
          answered += 1;
          if (answered >= killAt) killing ??= node.kill();
        },
      });
      sent += all.length;
      await (killing ?? node.kill());
      await node.restart();
      stage.note('Killed and started again.', {
        round: round + 1,
        sent: all.length,
        taken: all.filter(isTaken).length,
      });
    }

    // What was spooled or is owned by a node that died comes back by itself.
    const clean = await stage.until(async () => {
      const found = compareWithStored(acknowledged, await readStoredEvents(database));
      return found.missing + found.undelivered === 0 ? found : null;
    }, settledWithinMs);
    const found = clean ?? compareWithStored(acknowledged, await readStoredEvents(database));
    stage.note('What is on record.', { acknowledged: acknowledged.size, ...found });
    stage.progress(rounds + 1, rounds + 1);
    return judgeCrashes({ kills: rounds, sent, acknowledged: acknowledged.size, ...found });
  },
};
