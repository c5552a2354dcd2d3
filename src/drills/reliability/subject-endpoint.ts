import { subscribesTo } from '../../endpoints/subscription.rules.ts';
import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding, Subject } from '../../readiness/finding.ts';
import type { Json, Stage } from '../stage.ts';
import { type DeliveryView, type DrillTeam, teamAt } from './drill-team.ts';

const attemptWithinMs = 60_000;

/** What a twin of an endpoint takes over of it: how it is sent to, and nothing of where and by which secret. */
export type EndpointSettings = {
  signing: { scheme: string; header?: string; prefix?: string };
  retry: { scheduleSeconds: number[]; timeoutMs: number };
  rateLimit: { perSecond: number } | null;
  concurrency: number;
  ordering: 'none' | 'key';
};

export type SubjectEndpoint = EndpointSettings & {
  id: string;
  eventTypes: string[];
  status: 'active' | 'paused' | 'disabled';
};

/** @throws when the endpoint is gone */
export async function readEndpoint(stage: Stage, subject: Subject): Promise<SubjectEndpoint> {
  return (await ownTeam(stage).want('GET', `/endpoints/${subject.id}`)) as SubjectEndpoint;
}

/** The team whose drill it is, with the operator's key. */
export function ownTeam(stage: Stage): DrillTeam {
  return teamAt(stage.gateway, { id: stage.teamId, key: stage.gateway.operatorKey });
}

/** The registered types that the endpoint takes, by name. */
export async function subscribedTypes(stage: Stage, endpoint: SubjectEndpoint): Promise<string[]> {
  const types = await ownTeam(stage).list<{ name: string }>('/event-types');
  return types
    .map(({ name }) => name)
    .filter((name) => subscribesTo(endpoint.eventTypes, name))
    .toSorted();
}

/** Settings of a twin, as the body of POST endpoints takes them. */
export function twinSettings({ signing, retry, rateLimit, concurrency, ordering }: EndpointSettings): {
  [name: string]: Json;
} {
  const { scheme, header, prefix } = signing;
  return {
    signing: { scheme, ...(header === undefined ? {} : { header }), ...(prefix === undefined ? {} : { prefix }) },
    retry,
    rateLimit,
    concurrency,
    ordering,
  };
}

/**
 * Sends a test to the endpoint and waits for its first attempt; null when there is none in time. What is left of the
 * delivery is cancelled.
 */
export async function sendTest(
  stage: Stage,
  endpointId: string,
  eventType: string,
  withinMs: number,
): Promise<DeliveryView | null> {
  const team = ownTeam(stage);
  const { id } = (await team.want('POST', `/endpoints/${endpointId}/test`, { eventType })) as { id: string };
  const tried = await stage.until(async () => {
    const delivery = (await team.want('GET', `/deliveries/${id}`)) as DeliveryView;
    return delivery.attempts.length > 0 ? delivery : null;
  }, withinMs);
  // Answers 409 when it has ended by itself, which is well.
  if (tried?.state !== 'succeeded') await team.call('POST', `/deliveries/${id}/cancel`);
  return tried;
}

/** The first attempt at a test, and what it carried. */
type DeliveredTest = {
  endpoint: SubjectEndpoint;
  eventType: string;
  eventId: string;
  attempt: DeliveryView['attempts'][number];
  body: Buffer;
};

/** Sends the endpoint a test of the first type that it takes; a finding when no attempt can be made, or none was. */
export async function attemptTest(
  stage: Stage,
  subject: Subject,
): Promise<({ ok: true } & DeliveredTest) | { ok: false; finding: Finding }> {
  const undecided = (why: string) => ({ ok: false, finding: unknown(why) }) as const;
  const endpoint = await readEndpoint(stage, subject);
  if (endpoint.status !== 'active') return undecided(`The endpoint is ${endpoint.status}; make it active first.`);
  const [eventType] = await subscribedTypes(stage, endpoint);
  if (eventType === undefined) return undecided('No registered event type goes to this endpoint.');
  const delivery = await sendTest(stage, endpoint.id, eventType, attemptWithinMs);
  const [attempt] = delivery?.attempts ?? [];
  if (delivery === null || attempt === undefined) return undecided('No attempt was made within a minute.');
  const body = Buffer.from(attempt.request.body?.content ?? '');
  return { ok: true, endpoint, eventType, eventId: delivery.eventId, attempt, body };
}
