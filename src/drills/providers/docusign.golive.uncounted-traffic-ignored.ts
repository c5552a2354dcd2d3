import { randomUUID } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { sendAsProvider, twinSource } from '../reliability/provider-requests.ts';
import { readConnection, twinConnection } from '../reliability/twin-connection.ts';
import { type CountedCalls, judgeUncounted } from './docusign.golive.uncounted-traffic-ignored.rules.ts';

const clean = 19;
const others = 25;
const events = 5;
const review = 'docusign.golive.twenty-clean-calls';

export const uncountedIgnored: Drill = {
  checkId: 'docusign.golive.uncounted-traffic-ignored',
  subject: 'connection',
  version: 1,
  does: 'Makes clean calls among sign-ins, user information and events on a second gateway, and has them counted there.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 120,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { provider } = connection;
    if (provider !== 'docusign') return judgeUncounted({ concerned: false, provider });
    const server = await stage.receiver(({ path }) =>
      path.startsWith('/restapi/') || path === '/oauth/userinfo'
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }
        : { status: 400, headers: { 'content-type': 'application/json' }, body: '{"error":"consent_required"}' },
    );
    const twin = await twinConnection(stage, connection, {
      url: server.url,
      base: '',
      // The account that is reviewed is the developer's.
      environment: 'sandbox',
      policy: { retries: { most: 0 } },
      freeBudgets: true,
    });
    const source = await twinSource(twin.team, { provider: 'docusign' });
    for (const each of await source.notifications(events)) await sendAsProvider(each.request(twin.node), stage.signal);

    const envelope = (): Promise<{ callId: string }> =>
      twin.call('GET', `/restapi/v2.1/accounts/drill/envelopes/${randomUUID()}`);
    const made: { callId: string }[] = [];
    for (let index = 0; index < others; index += 1) {
      made.push(await twin.call('POST', '/oauth/token', { body: '{}' }), await twin.call('GET', '/oauth/userinfo'));
      if (index < clean) made.push(await envelope());
    }
    const counted = async (newest: readonly { callId: string }[]): Promise<CountedCalls> => {
      await Promise.all(newest.map(({ callId }) => twin.onRecord(callId)));
      const { data } = await twin.team.want('POST', `/readiness/${review}/run?subject=${twin.id}`);
      const [status] = data as { state: string; values: { name: string; value: unknown }[] }[];
      const valueOf = (name: string): number => Number(status?.values.find((each) => each.name === name)?.value ?? -1);
      const seen = {
        state: status?.state ?? 'unknown',
        calls: valueOf('calls'),
        cleanCallsNeeded: valueOf('cleanCallsNeeded'),
      };
      stage.note('The calls were counted.', seen);
      return seen;
    };
    stage.note('Calls were made.', { clean, tokens: others, userInformation: others, events });
    const afterNineteen = await counted(made);
    const afterTwenty = await counted([await envelope()]);
    server.answerWith(() => ({ status: 500, body: '{}' }));
    const afterFailure = await counted([await twin.call('GET', '/oauth/userinfo')]);
    return judgeUncounted({
      concerned: true,
      uncounted: { tokens: others, userInformation: others, events },
      afterNineteen,
      afterTwenty,
      afterFailure,
    });
  },
};
