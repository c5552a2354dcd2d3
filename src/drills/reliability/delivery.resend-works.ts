import type { Drill } from '../drill.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { type ResentFacts, judgeResend } from './delivery.resend-works.rules.ts';
import { type DeliveryRow, type DrillTeam, drillTeam } from './drill-team.ts';
import { readEndpoint, twinSettings } from './subject-endpoint.ts';

const type = 'drill.resent';
const arrivesWithinMs = 12_000;
/** A number and blanks that are written otherwise by whoever serialises them anew. */
const payload = '{ "amount": 1.10,  "name": "Zoë" }';

export const resendWorks: Drill = {
  checkId: 'delivery.resend-works',
  subject: 'endpoint',
  version: 1,
  does: 'Resends a delivered and a dead delivery of a twin of the endpoint on a second gateway, and tries it as a viewer.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const endpoint = await readEndpoint(stage, subject);
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const [receiver, other] = [await stage.receiver(), await stage.receiver()];
    const settings = { ...twinSettings(endpoint), rateLimit: null, retry: { scheduleSeconds: [] } };
    const twin = await team.endpoint({ ...settings, url: receiver.url, eventTypes: [type] });
    await team.endpoint({ url: other.url, eventTypes: [type] });

    const good = await deliver(stage, team, twin.id, 'succeeded');
    receiver.answerWith(() => ({ status: 500 }));
    const bad = await deliver(stage, team, twin.id, 'dead');
    receiver.answerWith(() => ({ status: 200 }));
    await stage.until(() => Promise.resolve(other.requests.length >= 2 ? true : null), arrivesWithinMs);
    stage.note('One event was delivered to the twin, another refused until it was dead.');
    stage.progress(1, 3);

    const othersBefore = other.requests.length;
    const resent = [
      await resend(stage, team, receiver, good, 'succeeded'),
      await resend(stage, team, receiver, bad, 'dead'),
    ];
    for (const { was, arrivedAfterMs, sameBytes } of resent) {
      stage.note(`The one that was ${was} was resent.`, { arrivedAfterMs, sameBytes });
    }
    stage.progress(2, 3);
    const viewerStatus = await resendAsViewer(team, good.id);
    stage.note('A viewer tried to resend.', { status: viewerStatus });
    stage.progress(3, 3);
    return judgeResend({ resent, others: other.requests.length - othersBefore, viewerStatus });
  },
};

async function deliver(
  stage: Stage,
  team: DrillTeam,
  endpointId: string,
  state: DeliveryRow['state'],
): Promise<DeliveryRow> {
  const { status, body } = await team.raw('POST', '/events', { body: `{"type": "${type}", "payload": ${payload}}` });
  if (status !== 202) throw new Error(`the event was answered ${status}`);
  const { id } = JSON.parse(Buffer.from(body).toString()) as { id: string };
  const found = await stage.until(async () => {
    const rows = await team.list<DeliveryRow>(`/deliveries?event=${id}&endpoint=${endpointId}`);
    return rows.find((row) => row.state === state) ?? null;
  }, arrivesWithinMs);
  if (found === null) throw new Error(`no delivery became ${state} in time`);
  return found;
}

async function resend(
  stage: Stage,
  team: DrillTeam,
  receiver: DrillReceiver,
  delivery: DeliveryRow,
  was: string,
): Promise<ResentFacts> {
  const ofEvent = receiver.requests.filter(({ headers }) => headers['webhook-id'] === delivery.eventId);
  const from = receiver.requests.length;
  const startedAtMs = Date.now();
  await team.call('POST', `/deliveries/${delivery.id}/resend`);
  const arrived = await stage.until(() => Promise.resolve(receiver.requests[from] ?? null), arrivesWithinMs);
  const after = await stage.until(async () => {
    const row = (await team.want('GET', `/deliveries/${delivery.id}`)) as DeliveryRow;
    return row.state === 'succeeded' && row.attemptCount > delivery.attemptCount ? row : null;
  }, arrivesWithinMs);
  const [first] = ofEvent;
  return {
    was,
    arrivedAfterMs: arrived === null ? null : Math.max(0, arrived.atMs - startedAtMs),
    sameId: arrived?.headers['webhook-id'] === delivery.eventId,
    sameBytes: arrived !== null && first !== undefined && Buffer.from(first.body).equals(Buffer.from(arrived.body)),
    attemptsBefore: delivery.attemptCount,
    attemptsAfter: after?.attemptCount ?? delivery.attemptCount,
  };
}

async function resendAsViewer(team: DrillTeam, deliveryId: string): Promise<number> {
  const member = { name: 'Viewer', email: 'viewer@example.com', role: 'viewer' };
  const { id: memberId } = await team.want('POST', '/members', member);
  const grant = { name: 'viewer', permissions: ['*'], memberId: String(memberId) };
  // Keys of members are made by members and the operator.
  const { key } = await team.gateway.want('POST', `/v1/teams/${team.id}/api-keys`, { body: grant });
  const { status } = await team.gateway.call('POST', `/v1/teams/${team.id}/deliveries/${deliveryId}/resend`, {
    key: String(key),
  });
  return status;
}
