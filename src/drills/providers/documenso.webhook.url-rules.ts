import { hashOf } from '../reliability/stored-events.ts';
import { teamAt } from '../reliability/drill-team.ts';
import { twinSource } from '../reliability/provider-requests.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import type { Drill } from '../drill.ts';
import type { OutsideRequest, Stage } from '../stage.ts';
import { type AddressAnswer, judgeUrlRules } from './documenso.webhook.url-rules.rules.ts';

const largeBytes = 5_000_000;
const otherMethods = ['GET', 'PUT'];
const secretHeader = 'X-Documenso-Secret';
const timeoutMs = 20_000;

/**
 * The requests go out from this node by the public name, through all that stands before the gateway: a source of a team
 * that is made for it has the same address but for its id.
 */
export const urlRules: Drill = {
  checkId: 'documenso.webhook.url-rules',
  subject: 'source',
  version: 1,
  does: 'Posts to a source of a team of its own by the public address of this gateway, as Documenso would.',
  touches: 'gateway',
  safeInProduction: true,
  limitSeconds: 180,
  async run(stage, subject) {
    const view = await ownTeam(stage).want('GET', `/sources/${subject.id}`);
    const { provider, url, bodyMaxBytes } = view as { provider: string; url: string; bodyMaxBytes: number };
    if (provider !== 'documenso') return judgeUrlRules({ concerned: false, provider });
    const { protocol, hostname } = new URL(url);
    if (protocol === 'http:' && isOwnMachine(hostname)) return judgeUrlRules({ concerned: true, publicUrl: null });

    const team = teamAt(stage.gateway, await stage.scratchTeam());
    const source = await twinSource(team, { provider });
    const { url: publicUrl } = (await team.want('GET', `/sources/${source.id}`)) as { url: string };
    const headers = { 'content-type': 'application/json', [secretHeader]: source.secret };
    const [small, large] = await source.notifications(2);
    if (small === undefined || large === undefined) throw new Error('the provider cannot be simulated');
    const body = small.request(stage.gateway).body;
    const padded = pad(large.request(stage.gateway).body);
    const ask = async (what: string, request: OutsideRequest): Promise<AddressAnswer> => {
      const answer = await outcome(stage, { timeoutMs, ...request });
      stage.note(what, { ...answer });
      return answer;
    };
    const post = await ask('JSON was posted by the public name.', { url: publicUrl, method: 'POST', headers, body });
    const others = [];
    for (const method of otherMethods) {
      others.push({ method, ...(await ask(`${method} was asked for.`, { url: publicUrl, method })) });
    }
    const plainUrl = publicUrl.replace(/^https:/, 'http:');
    const plain =
      plainUrl === publicUrl
        ? post
        : await ask('JSON was posted over http.', { url: plainUrl, method: 'POST', headers, body });
    const sentLarge = await ask('A large body was posted.', { url: publicUrl, method: 'POST', headers, body: padded });
    const storedAsSent = await areStored(stage, team, [body, padded]);
    stage.note('What was stored was compared with what was sent.', { asSent: storedAsSent });
    return judgeUrlRules({
      concerned: true,
      publicUrl,
      post,
      others,
      plain,
      large: sentLarge,
      storedAsSent,
      bodyMaxBytes,
      largeBytes: padded.length,
    });
  },
};

/** The error's kind is enough: who cannot be reached, or has no trusted certificate, takes nothing. */
async function outcome(stage: Stage, request: OutsideRequest): Promise<AddressAnswer> {
  try {
    return { status: (await stage.send(request)).status, error: null };
  } catch (error) {
    stage.signal.throwIfAborted();
    const kind = error instanceof Error ? (/: (\w+), /.exec(error.message)?.[1] ?? 'refused') : 'refused';
    return { status: null, error: kind };
  }
}

async function areStored(stage: Stage, team: ReturnType<typeof teamAt>, sent: readonly Uint8Array[]): Promise<boolean> {
  const events = await stage.until(async () => {
    const rows = await team.list<{ id: string }>('/events');
    return rows.length >= sent.length ? rows : null;
  }, 5_000);
  const hashes = new Set<string>();
  for (const { id } of events ?? []) hashes.add(hashOf((await team.raw('GET', `/events/${id}/body?reveal=true`)).body));
  return sent.every((body) => hashes.has(hashOf(body)));
}

function pad(body: Uint8Array): Uint8Array {
  const notification = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
  return Buffer.from(JSON.stringify({ ...notification, padding: 'x'.repeat(largeBytes) }));
}

function isOwnMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
