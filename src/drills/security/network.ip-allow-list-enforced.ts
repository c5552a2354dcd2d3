import type { Drill } from '../drill.ts';
import type { Stage } from '../stage.ts';
import { type ArrivedRequest, judgeAllowList } from './network.ip-allow-list-enforced.rules.ts';
import { sendFrom } from './send-from.ts';
import { createTwinSender } from './twin-sender.ts';
import { eventsOf, makeTwin, readSource } from './twin-source.ts';

/** Of loopback, and nobody's proxy: a request from here is believed by nobody who was not told to. */
const strangerOnLoopback = '127.88.99.100';
/** Of documentation: nothing comes from here. */
const elsewhere = '203.0.113.77';

const heardWithinMs = 10_000;

type Rejection = { reason: string; count: number };

async function rejectionsFor(stage: Stage, team: { id: string; key: string }, source: string): Promise<number> {
  const path = `/v1/teams/${team.id}/sources/${source}/rejections`;
  const found = await stage.until(async () => {
    const { data } = await stage.gateway.want('GET', path, { key: team.key });
    const rejections = (data as Rejection[]).filter(({ reason }) => reason === 'address_not_allowed');
    const count = rejections.reduce((sum, each) => sum + each.count, 0);
    return count >= 2 ? count : null;
  }, 10_000);
  return found ?? 0;
}

export const allowListEnforced: Drill = {
  checkId: 'network.ip-allow-list-enforced',
  subject: 'source',
  version: 1,
  does: 'Makes a twin of the source in a team of its own on this gateway and sends it requests from several addresses.',
  touches: 'gateway',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage, { id }) {
    const shape = await readSource(stage.gateway, stage.teamId, id);
    if (shape.allowAddresses === null) return judgeAllowList(null);
    const sender = await createTwinSender(shape);
    const team = await stage.scratchTeam();
    const own = new URL(stage.gateway.url).hostname.replaceAll(/^\[|\]$/g, '');
    const twin = await makeTwin(stage.gateway, team, { shape, sender, more: { allowAddresses: [own] } });
    stage.note('made a twin of the source that takes requests from here', { address: own });
    const at = `/v1/teams/${team.id}/sources/${twin.id}`;
    let stored = 0;
    let number = 0;
    const send = async (called: string, from: Parameters<typeof sendFrom>[1]): Promise<ArrivedRequest> => {
      number += 1;
      const request = sender.request(number, { url: twin.url, atMs: Date.now() });
      const status = await sendFrom(request, from, stage.signal);
      const before = stored;
      stored = await eventsOf(stage.gateway, team, twin.id);
      stage.note(called, { status, events: stored });
      return { status, eventsMore: stored - before };
    };
    const allowed = await send('sent a request from an allowed address', {});
    await stage.gateway.want('PATCH', at, { key: team.key, body: { allowAddresses: [elsewhere] } });
    stage.note('allowed another address instead', { address: elsewhere });
    let strange: ArrivedRequest = { status: null, eventsMore: 0 };
    // The change is heard of a moment later, on whichever node answers.
    await stage.until(async () => {
      strange = await send('sent a request from a strange address', {});
      return strange.status === 403 ? true : null;
    }, heardWithinMs);
    const headers = { 'x-forwarded-for': elsewhere };
    const claiming = await send('sent one that claims another address', { localAddress: strangerOnLoopback, headers });
    const facts = { allowed, strange, claiming: claiming.status === null ? null : claiming };
    return judgeAllowList({ ...facts, rejectionsOnRecord: await rejectionsFor(stage, team, twin.id) });
  },
};
