import type { SigningScheme } from '../../signing/signing-scheme.rules.ts';
import type { Drill } from '../drill.ts';
import { attemptTest } from '../reliability/subject-endpoint.ts';
import type { OutsideRequest, Stage } from '../stage.ts';
import { withForeignSecret, withOtherBody, withoutProof } from './forge.ts';
import { type ForgedAnswer, judgeForged } from './webhook.receiver.rejects-forged.rules.ts';

/** Older than any receiver tolerates. */
const staleSeconds = 3_600;

export const receiverRejectsForged: Drill = {
  checkId: 'webhook.receiver.rejects-forged',
  subject: 'endpoint',
  version: 1,
  does: 'Sends the endpoint a true test, and then requests that Posthorn never signed like that.',
  touches: 'integration',
  safeInProduction: false,
  limitSeconds: 420,
  async run(stage, subject) {
    const test = await attemptTest(stage, subject);
    if (!test.ok) return test.finding;
    const { endpoint, eventType, eventId, attempt, body } = test;
    stage.note(`A true test of ${eventType} was delivered.`, { status: attempt.status });
    stage.progress(1, 2);

    const signing = endpoint.signing as SigningScheme;
    const nowSeconds = Math.floor(Date.now() / 1000);
    // Another event: an answer to one that came before says nothing about its signature.
    const signed = (timestampSeconds: number, last: string): ReturnType<Stage['signed']> =>
      stage.signed({
        endpointId: endpoint.id,
        eventId: otherId(eventId, last),
        eventType,
        body,
        timestampSeconds,
      });
    const fresh = await signed(nowSeconds, '0');
    const forgeries: [what: string, request: OutsideRequest][] = [
      ['signed with another secret', withForeignSecret(fresh, signing)],
      ['not signed', withoutProof(fresh, signing)],
    ];
    if (signing.scheme !== 'shared-secret-header')
      forgeries.push(['changed after it was signed', withOtherBody(fresh)]);
    if (signing.scheme.startsWith('standard-webhooks')) {
      forgeries.push(['signed an hour ago', await signed(nowSeconds - staleSeconds, '1')]);
    }
    const answers: ForgedAnswer[] = [];
    for (const [what, request] of forgeries) {
      const status = await answerTo(stage, request);
      stage.note(`A request came that was ${what}.`, { status });
      answers.push({ what, status });
    }
    stage.progress(2, 2);
    return judgeForged(attempt.status, answers);
  },
};

async function answerTo(stage: Stage, request: OutsideRequest): Promise<number | null> {
  try {
    return (await stage.send(request)).status;
  } catch {
    stage.signal.throwIfAborted();
    return null;
  }
}

/** An id of the same shape that belongs to no event. */
function otherId(eventId: string, last: string): string {
  return eventId.slice(0, -1) + (eventId.endsWith(last) ? 'z' : last);
}
