import { Problem } from '../../../problem.ts';
import type { GatheringContext } from '../../instruments.ts';

/** What a read of Posthorn's own was answered; status 0 with the code of the problem when none came. */
export type OwnRead = { status: number; durationMs: number; body: string; problem: string | null };

const longestMs = 6_000;
const bodyMost = 64 * 1024;

/** One GET through the connection, under its policy and on record as a check. */
export async function readOwn(context: GatheringContext, connectionId: string, path: string): Promise<OwnRead> {
  const startedAtMs = performance.now();
  const signal = AbortSignal.timeout(longestMs);
  const tookMs = (): number => Math.round(performance.now() - startedAtMs);
  try {
    const answer = await context.call({ connectionId, method: 'GET', path, origin: 'check', signal });
    let body = '';
    for await (const chunk of answer.body) {
      if (body.length < bodyMost) body += String(chunk);
    }
    return { status: answer.status, durationMs: tookMs(), body: body.slice(0, bodyMost), problem: null };
  } catch (error) {
    const problem = error instanceof Problem ? error.code : 'broken_off';
    return { status: 0, durationMs: tookMs(), body: '', problem };
  }
}
