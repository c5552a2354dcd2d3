import type { SigningScheme } from '../../signing/signing-scheme.rules.ts';
import type { Drill } from '../drill.ts';
import { drillTeam, type DeliveryRow } from '../reliability/drill-team.ts';
import { readEndpoint, twinSettings } from '../reliability/subject-endpoint.ts';
import { fits } from './verify-request.rules.ts';
import { judgeRotation } from './webhook.secret.rotates-with-overlap.rules.ts';

const type = 'drill.signed';
const overlapMs = 60_000;
const leastOverlapMs = 5_000;
const besideMs = 3_000;
const deliveries = 200;

export const secretRotatesWithOverlap: Drill = {
  checkId: 'webhook.secret.rotates-with-overlap',
  subject: 'endpoint',
  version: 1,
  does: 'Rotates the secret of a twin of the endpoint on a second gateway while events are delivered to it, and verifies each.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const endpoint = await readEndpoint(stage, subject);
    const signing = endpoint.signing as SigningScheme;
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const receiver = await stage.receiver();
    // Neither order nor a low limit says anything about signatures.
    const settings = { ...twinSettings(endpoint), rateLimit: null, ordering: 'none' };
    const twin = await team.endpoint({ ...settings, url: receiver.url, eventTypes: [type] });
    const overlapSeconds = Math.round(stage.paced(overlapMs, leastOverlapMs) / 1000);
    const totalMs = 2 * besideMs + overlapSeconds * 1000;
    const startedAtMs = Date.now();
    stage.note('Events begin to come.', { scheme: signing.scheme, overlapSeconds, deliveries });

    let published = 0;
    const publish = async (untilMs: number): Promise<void> => {
      while (Date.now() < untilMs) {
        await team.publish(type, { index: published });
        published += 1;
        stage.progress(published, deliveries);
        await stage.pause(startedAtMs + (published * totalMs) / deliveries - Date.now());
      }
    };
    await publish(startedAtMs + besideMs);
    const rotatedFromMs = Date.now();
    const { secret: fresh } = await team.want('POST', `/endpoints/${twin.id}/secret/rotate`, { overlapSeconds });
    const rotatedAtMs = Date.now();
    stage.note('The secret was rotated.', { after: published });
    // The overlap ends by the clock of the gateway, which began between the request and its answer.
    const overlapEndsMs = rotatedAtMs + overlapSeconds * 1000;
    await publish(startedAtMs + totalMs);

    const succeeded = await stage.until(async () => {
      const rows = await team.list<DeliveryRow>(`/deliveries?state=succeeded&endpoint=${twin.id}`);
      return rows.length >= published ? rows.length : null;
    }, 20_000);
    const newest = String(fresh);
    const requests = receiver.requests.map(({ atMs, headers, body }) => ({
      atMs,
      fitsOld: fits({ headers, body }, signing, twin.secret),
      fitsNew: fits({ headers, body }, signing, newest),
    }));
    stage.note('Every request was verified.', {
      requests: requests.length,
      withBoth: requests.filter(({ fitsOld, fitsNew }) => fitsOld && fitsNew).length,
      withNeither: requests.filter(({ fitsOld, fitsNew }) => !fitsOld && !fitsNew).length,
    });
    return judgeRotation({
      requests,
      rotatedFromMs,
      rotatedAtMs,
      overlapEndsMs,
      sendsNewestOnly: signing.scheme === 'shared-secret-header',
      deliveries: published,
      succeeded: succeeded ?? 0,
    });
  },
};
