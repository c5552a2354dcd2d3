import { unknown } from '../../readiness/finding.rules.ts';
import type { Drill } from '../drill.ts';
import { deedHeader, judgeRepeats, readDeed } from './endpoint.processes-once.rules.ts';
import { attemptTest } from './subject-endpoint.ts';

const together = 2;

export const processesOnce: Drill = {
  checkId: 'endpoint.processes-once',
  subject: 'endpoint',
  version: 1,
  does: 'Delivers a test to the endpoint, and then the same event twice more, together.',
  touches: 'integration',
  safeInProduction: false,
  limitSeconds: 420,
  async run(stage, subject) {
    const test = await attemptTest(stage, subject);
    if (!test.ok) return test.finding;
    const { endpoint, eventType, eventId, attempt, body } = test;
    if (attempt.status === null) return unknown(`The endpoint could not be reached: ${attempt.error ?? 'no answer'}.`);
    const said = attempt.response?.headers.find(({ name }) => name.toLowerCase() === deedHeader)?.value;
    const first = { status: attempt.status, did: readDeed(said, attempt.response?.body?.content ?? '') };
    stage.note(`A test of ${eventType} was delivered.`, first);
    stage.progress(1, 2);

    const request = await stage.signed({
      endpointId: endpoint.id,
      eventId,
      eventType,
      body,
      timestampSeconds: Math.floor(Date.now() / 1000),
    });
    const answers = await Promise.all(Array.from({ length: together }, () => stage.send(request)));
    const again = answers.map(({ status, headers, body: text }) => ({
      status,
      did: readDeed(headers[deedHeader], Buffer.from(text).toString()),
    }));
    for (const each of again) stage.note('The same event was delivered again, with another at the same time.', each);
    stage.progress(2, 2);
    return judgeRepeats([first, ...again]);
  },
};
