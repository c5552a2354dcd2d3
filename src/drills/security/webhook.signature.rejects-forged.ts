import { openConnections, sendRequest } from '../../simulation/send-request.ts';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';
import type { Drill } from '../drill.ts';
import { byOtherSchemes, provesInBody, withProof, writtenAnew } from './forgeries.rules.ts';
import { createTwinSender, type TwinSender } from './twin-sender.ts';
import { eventsOf, makeTwin, readSource } from './twin-source.ts';
import { judgeForgeries, type SentForgery } from './webhook.signature.rejects-forged.rules.ts';

const timeoutMs = 15_000;
/** However far a tolerance goes beyond what is usual for the provider, a request this old has to be refused. */
const usualToleranceSeconds: Readonly<Record<string, number>> = { 'dropbox-sign': 345_600, signwell: 345_600 };

type Forgery = { kind: string; request: SimulatedRequest };

/** Each from another notification, so that no forgery passes for a duplicate. */
function forgeriesOf(sender: TwinSender, url: string, provider: string): Forgery[] {
  const atMs = Date.now();
  let number = 100;
  const forge = (kind: string, change: (value: string) => readonly string[]): Forgery => {
    number += 1;
    const [own, other] = [sender.request(number, { url, atMs }), sender.request(number, { url, atMs, stranger: true })];
    return { kind, request: withProof(own, other, change) };
  };
  const forgeries = [
    forge('no signature', () => []),
    forge('an empty signature', () => ['']),
    forge('a signature cut off', (value) => [value.slice(0, -5)]),
    { kind: 'a signature by another secret', request: sender.request(1, { url, atMs, stranger: true }) },
  ];
  const [own, other] = [sender.request(2, { url, atMs }), sender.request(2, { url, atMs, stranger: true })];
  if (!provesInBody(own, other)) forgeries.push(forge('a signature given twice', (value) => [value, value]));
  const [first] = sender.credentials;
  const bare = withProof(own, other, () => []);
  forgeries.push({ kind: 'a signature by another scheme', request: byOtherSchemes(bare, own, first?.value ?? '') });
  const tampered = sender.tampered(3, { url, atMs });
  if (tampered !== null) forgeries.push({ kind: 'content changed after it was signed', request: tampered });
  const original = sender.request(4, { url, atMs });
  const written = sender.covers === 'body' ? writtenAnew(original.body) : null;
  if (written !== null) {
    forgeries.push({ kind: 'the same JSON written differently', request: { ...original, body: written } });
  }
  if (sender.toleranceSeconds !== null) {
    const ageSeconds = (usualToleranceSeconds[provider] ?? 300) + 1;
    const request = sender.request(5, { url, atMs: atMs - ageSeconds * 1000 });
    forgeries.push({ kind: `a signed time ${ageSeconds} s old`, request });
  }
  return forgeries;
}

export const rejectsForged: Drill = {
  checkId: 'webhook.signature.rejects-forged',
  subject: 'source',
  version: 1,
  does: 'Makes a twin of the source on a second gateway and sends it forged, changed, old and repeated requests.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage, { id }) {
    const shape = await readSource(stage.gateway, stage.teamId, id);
    const sender = await createTwinSender(shape);
    stage.note('read how the source verifies', { provider: shape.provider, kinds: shape.kinds.join(', ') });
    const node = await stage.node();
    const team = await node.team();
    const twin = await makeTwin(node, team, { shape, sender });
    stage.note('made a twin of it on a second gateway', { source: twin.id, signatureCovers: sender.covers });
    const agent = openConnections({ connections: 1, caPem: undefined });
    let stored = 0;
    const send = async ({ kind, request }: Forgery): Promise<SentForgery> => {
      const { status } = await sendRequest(agent, request, { timeoutMs, signal: stage.signal });
      const before = stored;
      stored = await eventsOf(node, team, twin.id);
      const sent = { kind, status, eventsMore: stored - before };
      stage.note(`sent a request with ${kind}`, { status, events: stored });
      return sent;
    };
    try {
      const forgeries: SentForgery[] = [];
      const planned = forgeriesOf(sender, twin.url, shape.provider);
      for (const forgery of planned) {
        forgeries.push(await send(forgery));
        stage.progress(forgeries.length, planned.length + 2);
      }
      const request = sender.request(6, { url: twin.url, atMs: Date.now() });
      const genuine = await send({ kind: 'a true signature', request });
      const replayed = await send({ kind: 'a true signature, once more', request });
      return judgeForgeries({ forgeries, genuine, replayed });
    } finally {
      await agent.destroy();
    }
  },
};
