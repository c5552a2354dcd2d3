import { obedient } from '../inbox/choose-answer.rules.ts';
import type { DeliveryView } from '../send/render-attempt.rules.ts';
import { follow, makeEndpoint, retryScheduleSeconds, type Scene } from './scene.ts';
import { insist } from './stage.ts';

/** An event for a customer whose receiver fails until the schedule is used up. */
export async function exhaust(scene: Scene): Promise<DeliveryView> {
  const { stage, receiver, team } = scene;
  stage.step('The other way: an event for a customer, whose receiver is broken');
  await stage.call('POST', ['/v1/teams/$TEAM/event-types', { TEAM: team }], { name: 'invoice.paid' });
  stage.done('the event type is registered');
  await makeEndpoint(scene, '/customer', 'invoice.paid');
  receiver.plan = { ...obedient, status: 500 };
  const event = await stage.call<{ id: string; deliveries: number }>(
    'POST',
    ['/v1/teams/$TEAM/events', { TEAM: team }],
    { type: 'invoice.paid', payload: { invoice: 'INV-1042', amount: '1250.00' } },
  );
  insist(event.deliveries === 1, `the event has ${event.deliveries} deliveries instead of 1`);
  stage.done(`committed: ${event.id}`);
  const delivery = await follow(scene, event.id);
  insist(delivery.state === 'dead', `the delivery is ${delivery.state} instead of dead`);
  const wanted = retryScheduleSeconds.length + 1;
  const reached = receiver.received.filter(({ id }) => id === event.id).length;
  insist(delivery.attempts.length === wanted, `${delivery.attempts.length} attempts are on record, not ${wanted}`);
  insist(reached === wanted, `${reached} attempts reached the receiver instead of ${wanted}`);
  stage.done('the schedule is used up: a dead letter, on record with every attempt');
  return delivery;
}

/** The dead letter is found, sent again, and arrives. */
export async function recover(scene: Scene, dead: DeliveryView): Promise<void> {
  const { stage, receiver, team } = scene;
  stage.step('The receiver is mended, and the dead letter is sent again');
  receiver.plan = obedient;
  const list = await stage.call<{ data: { id: string; eventId: string }[] }>('GET', [
    '/v1/teams/$TEAM/deliveries?state=dead',
    { TEAM: team },
  ]);
  insist(
    list.data.length === 1 && list.data[0]?.id === dead.id,
    'the list of dead letters does not hold just this one',
  );
  stage.done(`DELIVERY=${dead.id}`);
  const before = receiver.received.length;
  await stage.call('POST', ['/v1/teams/$TEAM/deliveries/$DELIVERY/resend', { TEAM: team, DELIVERY: dead.id }]);
  const delivery = await follow(scene, dead.eventId, dead.attempts.length);
  insist(delivery.state === 'succeeded', `the delivery is ${delivery.state} after the resend`);
  const [webhook] = receiver.received.slice(before);
  insist(webhook?.verdict.state === 'verified', 'the receiver did not get it again with a valid signature');
  stage.done('delivered, and the receiver verified its signature');
}
