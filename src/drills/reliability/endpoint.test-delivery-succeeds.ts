import { unknown } from '../../readiness/finding.rules.ts';
import type { Drill } from '../drill.ts';
import type { DeliveryRow } from './drill-team.ts';
import { judgeTests, type TestFacts } from './endpoint.test-delivery-succeeds.rules.ts';
import { ownTeam, readEndpoint, sendTest, subscribedTypes } from './subject-endpoint.ts';

const mostTypes = 100;
const attemptWithinMs = 60_000;

/** A test is a real event to its receiver: nothing marks it. */
export const testDeliverySucceeds: Drill = {
  checkId: 'endpoint.test-delivery-succeeds',
  subject: 'endpoint',
  version: 1,
  does: 'Sends the registered example of every event type that the endpoint takes to it, and to nobody else.',
  touches: 'integration',
  safeInProduction: false,
  limitSeconds: 420,
  async run(stage, subject) {
    const endpoint = await readEndpoint(stage, subject);
    if (endpoint.status !== 'active') return unknown(`The endpoint is ${endpoint.status}; make it active first.`);
    const types = await subscribedTypes(stage, endpoint);
    if (types.length === 0) return unknown('No registered event type goes to this endpoint.');
    if (types.length > mostTypes) {
      return unknown(`The endpoint takes ${types.length} event types; name ${mostTypes} at most.`, {
        types: types.length,
      });
    }
    const team = ownTeam(stage);
    const tests: TestFacts[] = [];
    for (const type of types) {
      stage.progress(tests.length, types.length);
      const delivery = await sendTest(stage, endpoint.id, type, attemptWithinMs);
      const [attempt] = delivery?.attempts ?? [];
      const rows = delivery === null ? [] : await team.list<DeliveryRow>(`/deliveries?event=${delivery.eventId}`);
      const others = rows.filter(({ endpointId }) => endpointId !== endpoint.id).length;
      const shown =
        attempt === undefined
          ? null
          : {
              status: attempt.status,
              error: attempt.error,
              tookMs: Math.round(attempt.timing.totalMs),
              isShown:
                attempt.request.headers.length > 0 &&
                attempt.request.body !== null &&
                (attempt.status === null || attempt.response !== null),
            };
      stage.note(`A test of ${type} was sent.`, {
        status: shown?.status ?? null,
        tookMs: shown?.tookMs ?? null,
        others,
      });
      tests.push({ type, attempt: shown, others });
    }
    stage.progress(types.length, types.length);
    return judgeTests(tests);
  },
};
