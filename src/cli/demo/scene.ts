import type { ApiClient } from '../api/api-client.ts';
import type { AnswerPlan } from '../inbox/choose-answer.rules.ts';
import type { ReceivedWebhook } from '../inbox/inbox-server.ts';
import { followDeliveries } from '../send/follow-deliveries.ts';
import { type DeliveryView, renderAttempt } from '../send/render-attempt.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { insist, type Stage } from './stage.ts';

/** The application and the customer of the story: they answer by `plan` and verify with any of `secrets`. */
export type Receiver = { url: string; plan: AnswerPlan; secrets: string[]; received: ReceivedWebhook[] };

export type Scene = {
  stage: Stage;
  api: ApiClient;
  receiver: Receiver;
  terminal: Terminal;
  team: string;
  /** The demo was interrupted: nothing more is to be sent. */
  signal: AbortSignal;
};

/** What each endpoint of the story retries after. */
export const retryScheduleSeconds = [1, 1];
const patienceMs = 20_000;

/** Makes an endpoint at the receiver, and gives the receiver its secret. */
export async function makeEndpoint(scene: Scene, path: string, eventType: string): Promise<void> {
  const { stage, receiver, team } = scene;
  const endpoint = await stage.call<{ id: string; secret?: string }>(
    'POST',
    ['/v1/teams/$TEAM/endpoints', { TEAM: team }],
    {
      url: `${receiver.url}${path}`,
      eventTypes: [eventType],
      retry: { scheduleSeconds: retryScheduleSeconds, timeoutMs: 5000 },
    },
  );
  insist(typeof endpoint.secret === 'string', 'the new endpoint came without its secret');
  receiver.secrets.push(endpoint.secret);
  stage.done(`${endpoint.id}, and its secret for the receiver`);
}

/** Shows the attempts of the event's one delivery as they happen; those before `known` were shown already. */
export async function follow(scene: Scene, eventId: string, known = 0): Promise<DeliveryView> {
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
