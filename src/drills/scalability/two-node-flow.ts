import type { DrillNode, DrillReceiver, Stage } from '../stage.ts';
import { type DeliveryRow, type DrillTeam, textOf } from '../reliability/drill-team.ts';
import { sendAsProvider, twinSource } from '../reliability/provider-requests.ts';
import { isTaken } from '../reliability/send-all.ts';
import type { FlowStep } from './node.scales-out-stateless.rules.ts';

/** Nodes hear of each other's changes within this time. */
const heardWithinMs = 10_000;

/** One flow whose every step is taken on another node than the step before it. */
export async function takeFlow(
  stage: Stage,
  {
    team,
    first,
    second,
    receiver,
    type,
  }: { team: DrillTeam; first: DrillNode; second: DrillNode; receiver: DrillReceiver; type: string },
): Promise<FlowStep[]> {
  const steps: FlowStep[] = [];
  const [here, there] = [team.at(first), team.at(second)];
  const step = async (says: string, holds: () => Promise<boolean | null>): Promise<void> => {
    const held = await stage.until(async () => ((await holds()) === true ? true : null), heardWithinMs);
    steps.push({ says, holds: held === true });
  };
  const arrived = (id: string): number =>
    receiver.requests.filter(({ headers }) => headers['webhook-id'] === id).length;

  const idempotencyKey = 'drill-flow';
  const body = { type, payload: { flow: true }, idempotencyKey };
  const posted = await here.call('POST', '/events', body);
  const eventId = textOf(posted.body, 'id');
  // What the other node has not heard of yet, such as the event type, it may refuse for a moment.
  await step('An idempotency key of one node is known to the other.', async () => {
    const again = await there.call('POST', '/events', body);
    return again.body['duplicate'] === true && again.body['id'] === eventId;
  });
  await step('An event that one node accepted is read on the other.', async () => {
    return (await there.call('GET', `/events/${eventId}`)).status === 200;
  });
  await step('An event of an endpoint that was made on one node is delivered.', () =>
    Promise.resolve(arrived(eventId) > 0),
  );
  let resent = false;
  await step('A delivery of one node is resent by the other.', async () => {
    const [row] = await there.list<DeliveryRow>(`/deliveries?event=${eventId}`);
    if (!resent && row?.state === 'succeeded') {
      resent = (await there.call('POST', `/deliveries/${row.id}/resend`)).status < 300;
    }
    return resent && arrived(eventId) > 1;
  });

  const source = await twinSource(here, { provider: 'goroute' });
  const [notification] = await source.notifications(1);
  await step('A source that was made on one node takes requests on the other.', async () => {
    return notification !== undefined && isTaken(await sendAsProvider(notification.request(second), stage.signal));
  });

  const grant = { name: 'flow', permissions: ['events:read'] };
  const made = await here.want('POST', '/api-keys', grant);
  const read = async (): Promise<number> => {
    const { status } = await second.call('GET', `/v1/teams/${team.id}/events`, { key: String(made['key']) });
    return status;
  };
  await step('A key that was made on one node opens the other.', async () => (await read()) === 200);
  await here.want('DELETE', `/api-keys/${String(made['id'])}`);
  await step('A key that was revoked on one node is refused by the other.', async () => (await read()) === 401);
  return steps;
}
