import { createHmac } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { DeliveryRow, DeliveryView } from '../reliability/drill-team.ts';
import { drillTeam } from '../reliability/drill-team.ts';
import { type ProviderRequest, sendAsProvider, twinSource } from '../reliability/provider-requests.ts';
import { hashOf } from '../reliability/stored-events.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import { fits } from '../security/verify-request.rules.ts';
import { judgeFlow } from './testing.e2e.whole-flow.rules.ts';

const arrivesWithinMs = 15_000;

export const wholeFlow: Drill = {
  checkId: 'testing.e2e.whole-flow',
  subject: 'team',
  version: 1,
  does: "Posts a request of one of the team's providers to a source of a second gateway, and follows it to its receiver.",
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const sources = await ownTeam(stage).list<{ provider: string }>('/sources');
    const provider = sources.map((source) => source.provider).find((name) => name in signers) ?? 'goroute';
    const node = await stage.node();
    const team = await drillTeam(node);
    const receiver = await stage.receiver();
    const source = await twinSource(team, { provider });
    const endpoint = await team.endpoint({ url: receiver.url, eventTypes: ['*'], sources: [source.id] });
    const [notification] = await source.notifications(1);
    if (notification === undefined) throw new Error('the provider cannot be simulated');
    const request = respaced(notification.request(node), provider, source.secret);
    const sentHash = hashOf(request.body);
    const postedAtMs = Date.now();
    const { status: answered } = await sendAsProvider(request, stage.signal);
    stage.note('The request of the provider was posted.', { provider, status: answered, sha256: sentHash });
    stage.progress(1, 3);

    const arrived = await stage.until(() => Promise.resolve(receiver.requests[0] ?? null), arrivesWithinMs);
    const receivedHash = arrived === null ? '' : hashOf(arrived.body);
    const tookMs = arrived === null ? null : arrived.atMs - postedAtMs;
    const verified = arrived !== null && fits(arrived, { scheme: 'standard-webhooks' }, endpoint.secret);
    stage.note('The receiver has it.', { tookMs, sha256: receivedHash, verified });
    stage.progress(2, 3);

    const rows = await stage.until(async () => {
      const deliveries = await team.list<DeliveryRow>(`/deliveries?endpoint=${endpoint.id}`);
      return deliveries.some(({ state }) => state === 'succeeded') ? deliveries : null;
    }, arrivesWithinMs);
    const [row] = rows ?? [];
    const events = await team.list<{ id: string }>(`/events?source=${source.id}`);
    const stored = row === undefined ? null : await team.raw('GET', `/events/${row.eventId}/body?reveal=true`);
    const storedHash = stored?.status === 200 ? hashOf(stored.body) : '';
    const shown = row === undefined ? null : ((await team.want('GET', `/deliveries/${row.id}`)) as DeliveryView);
    stage.note('Event, delivery and attempt were read over the API.', {
      events: events.length,
      state: shown?.state ?? null,
      attempts: shown?.attempts.length ?? 0,
      sha256: storedHash,
    });
    stage.progress(3, 3);
    return judgeFlow({
      answered,
      events: events.length,
      deliveries: rows?.length ?? 0,
      state: shown?.state ?? '',
      attempts: shown?.attempts.length ?? 0,
      tookMs,
      hashes: { sent: sentHash, stored: storedHash, received: receivedHash },
      verified,
    });
  },
};

/** How a body of these providers is signed anew. */
const signers: Readonly<Record<string, (body: Uint8Array, secret: string) => Record<string, string>>> = {
  documenso: () => ({}),
  docusign: (body, secret) => ({
    'X-DocuSign-Signature-1': createHmac('sha256', secret).update(body).digest('base64'),
  }),
  goroute: (body, secret) => ({
    'X-GoRoute-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
};

/** With blanks that nobody who parses and serialises a body would write again. */
function respaced(request: ProviderRequest, provider: string, secret: string): ProviderRequest {
  const text = JSON.stringify(JSON.parse(Buffer.from(request.body).toString()), null, 3);
  const body = new Uint8Array(Buffer.from(`${text} \n`));
  return { ...request, body, headers: { ...request.headers, ...signers[provider]?.(body, secret) } };
}
