import type { ApiClient } from '../api/api-client.ts';
import { type AnswerPlan, obedient } from '../inbox/choose-answer.rules.ts';
import type { ReceivedWebhook } from '../inbox/inbox-server.ts';
import { followDeliveries } from '../send/follow-deliveries.ts';
import { type DeliveryView, renderAttempt } from '../send/render-attempt.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { createStage, insist, type Stage } from './stage.ts';

/** The receiver of the story: it answers by `plan`, verifies with `secret` and keeps what it got. */
export type Receiver = { url: string; plan: AnswerPlan; secret: string | null; received: ReceivedWebhook[] };

type Scene = { stage: Stage; api: ApiClient; receiver: Receiver; terminal: Terminal; team: string };

const retryScheduleSeconds = [1, 2];
const patienceMs = 20_000;

/** Plays every act against a running Posthorn. Rejects as soon as something does not happen as told. */
export async function play(input: { api: ApiClient; receiver: Receiver; terminal: Terminal }): Promise<void> {
  const stage = createStage(input.api, input.terminal);
  const team = await prepare(stage, input.receiver);
  const scene: Scene = { ...input, stage, team };
  await deliver(scene);
  const dead = await exhaust(scene);
  await recover(scene, dead);
}

async function prepare(stage: Stage, receiver: Receiver): Promise<string> {
  stage.step('A team, an event type, and an endpoint that retries after 1 and 2 seconds');
  const team = await stage.call<{ id: string }>('POST', ['/v1/teams'], { name: 'Acme' });
  stage.done(`TEAM=${team.id}`);
  await stage.call('POST', ['/v1/teams/$TEAM/event-types', { TEAM: team.id }], { name: 'invoice.paid' });
  stage.done('the event type is registered');
  const endpoint = await stage.call<{ id: string; secret?: string }>(
    'POST',
    ['/v1/teams/$TEAM/endpoints', { TEAM: team.id }],
    {
      url: `${receiver.url}/webhooks`,
      eventTypes: ['invoice.paid'],
      retry: { scheduleSeconds: retryScheduleSeconds, timeoutMs: 5000 },
    },
  );
  insist(typeof endpoint.secret === 'string', 'the new endpoint came without its secret');
  receiver.secret = endpoint.secret;
  stage.done(`${endpoint.id}, and its secret for the receiver`);
  return team.id;
}

async function deliver(scene: Scene): Promise<void> {
  const { stage, receiver } = scene;
  stage.step('An event is posted and arrives, signed');
  const eventId = await post(scene, { invoice: 'INV-1042', amount: '1250.00' });
  const delivery = await follow(scene, eventId);
  insist(delivery.state === 'succeeded', `the delivery is ${delivery.state}`);
  const webhook = receiver.received.find(({ id }) => id === eventId);
  insist(webhook?.verdict.state === 'verified', 'the receiver did not get it with a valid signature');
  stage.done('delivered, and the receiver verified its signature');
}

async function exhaust(scene: Scene): Promise<DeliveryView> {
  const { stage, receiver } = scene;
  stage.step('The receiver breaks and answers 500: retries, then a dead letter');
  receiver.plan = { ...obedient, status: 500 };
  const eventId = await post(scene, { invoice: 'INV-1043', amount: '80.00' });
  const delivery = await follow(scene, eventId);
  insist(delivery.state === 'dead', `the delivery is ${delivery.state} instead of dead`);
  const wanted = retryScheduleSeconds.length + 1;
  const reached = receiver.received.filter(({ id }) => id === eventId).length;
  insist(delivery.attempts.length === wanted, `${delivery.attempts.length} attempts are on record, not ${wanted}`);
  insist(reached === wanted, `${reached} attempts reached the receiver instead of ${wanted}`);
  stage.done('the schedule is used up: a dead letter, on record with every attempt');
  return delivery;
}

async function recover(scene: Scene, dead: DeliveryView): Promise<void> {
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
  const delivery = await follow(scene, list.data[0].eventId, dead.attempts.length);
  insist(delivery.state === 'succeeded', `the delivery is ${delivery.state} after the resend`);
  const [webhook] = receiver.received.slice(before);
  insist(webhook?.verdict.state === 'verified', 'the receiver did not get it again with a valid signature');
  stage.done(`delivered: ${webhook.body.toString('utf8').slice(0, 60)}…`);
}

async function post(scene: Scene, payload: unknown): Promise<string> {
  const event = await scene.stage.call<{ id: string; deliveries: number }>(
    'POST',
    ['/v1/teams/$TEAM/events', { TEAM: scene.team }],
    { type: 'invoice.paid', payload },
  );
  insist(event.deliveries === 1, `the event has ${event.deliveries} deliveries instead of 1`);
  scene.stage.done(`committed: ${event.id}`);
  return event.id;
}

/** Shows the attempts of the event's one delivery as they happen; those before `known` were shown already. */
async function follow(scene: Scene, eventId: string, known = 0): Promise<DeliveryView> {
  const [delivery] = await followDeliveries(
    scene.api,
    { team: scene.team, eventId, timeoutMs: patienceMs },
    {
      onAttempt(seen, attempt) {
        if (attempt.number > known) scene.stage.note(renderAttempt(seen, attempt, scene.terminal.paint));
      },
      onState: () => undefined,
    },
  );
  insist(delivery !== undefined, 'the event has no delivery');
  return delivery;
}
