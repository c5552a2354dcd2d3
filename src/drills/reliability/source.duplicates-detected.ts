import type { Drill } from '../drill.ts';
import { readSource } from '../security/twin-source.ts';
import { drillTeam } from './drill-team.ts';
import { sendAsProvider, twinSource } from './provider-requests.ts';
import { isTaken } from './send-all.ts';
import { judgeDuplicates } from './source.duplicates-detected.rules.ts';

const sends = 10;
const atOnce = 5;

export const duplicatesDetected: Drill = {
  checkId: 'source.duplicates-detected',
  subject: 'source',
  version: 2,
  does: "Sends one notification ten times to a twin of the source on a second gateway, as the source's provider repeats itself.",
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const settings = await readSource(stage.gateway, stage.teamId, subject.id);
    const node = await stage.node();
    const team = await drillTeam(node);
    const twin = await twinSource(team, settings);
    const [same, other] = await twin.notifications(2);
    if (same === undefined || other === undefined) throw new Error('the provider cannot be simulated');
    stage.note('A twin of the source.', { provider: settings.provider });
    stage.progress(1, 3);

    const statuses: (number | null)[] = [];
    for (let first = 1; first <= sends; first += atOnce) {
      const attempts = Array.from({ length: atOnce }, (_, index) => same.request(node, first + index));
      const answers = await Promise.all(attempts.map((request) => sendAsProvider(request, stage.signal)));
      statuses.push(...answers.map(({ status }) => status));
    }
    const taken = statuses.filter((status) => isTaken({ status, tookMs: 0 })).length;
    stage.note('The same was sent again and again, five at once.', { sends, taken });
    const otherTaken = isTaken(await sendAsProvider(other.request(node), stage.signal));
    stage.note('Another was sent.', { taken: otherTaken });
    stage.progress(2, 3);

    const events = await team.list(`/events?source=${twin.id}`);
    const counted = await stage.until(async () => {
      const { activity } = (await team.want('GET', `/sources/${twin.id}`)) as { activity: { duplicates: number } };
      return activity.duplicates >= sends - 1 ? activity.duplicates : null;
    }, countedWithinMs);
    stage.note('What came of it.', { events: events.length, duplicates: counted ?? 'not all were counted' });
    stage.progress(3, 3);
    return judgeDuplicates({
      provider: settings.provider,
      sends,
      taken,
      events: events.length,
      duplicates: counted ?? 0,
      otherTaken,
      dedupeWindowSeconds: settings.dedupeWindowSeconds,
    });
  },
};

/** Activity is written every few seconds. */
const countedWithinMs = 10_000;
