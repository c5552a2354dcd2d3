import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type DocumensoAnswers, judgeDocumensoAnswers } from './documenso.api.answers-200.rules.ts';
import { readOwn } from './own-read.ts';

export const documensoAnswers: Collector<DocumensoAnswers> = {
  checkId: 'documenso.api.answers-200',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    if (context.connections.find(subject.id)?.profile.name !== 'documenso') return { concerned: false };
    const { status, durationMs, problem, body } = await readOwn(
      context,
      subject.id,
      '/api/v2/envelope?page=1&perPage=1',
    );
    const [row] = await context.query<{ lists: number; good: number }>(
      `SELECT count(*)::integer AS lists, count(*) FILTER (WHERE status = 200)::integer AS good FROM (
         SELECT status FROM call WHERE connection_id = $1 AND id >= $2 AND operation = 'envelopes.list'
           AND tries_count > 0 ORDER BY id DESC LIMIT 5000) c`,
      [uuidsOf(subject).own, uuidSince(context.nowMs - dayMs)],
    );
    return {
      concerned: true,
      newest: { status, durationMs, problem, isList: isList(body) },
      lists24Hours: row?.lists ?? 0,
      answered200: row?.good ?? 0,
    };
  },
  judge: judgeDocumensoAnswers,
};

/** `{data, count, currentPage, perPage, totalPages}`, as far as it tells a list from something else. */
function isList(body: string): boolean {
  try {
    const value = JSON.parse(body) as { data?: unknown; count?: unknown } | null;
    return Array.isArray(value?.data) && typeof value.count === 'number';
  } catch {
    return false;
  }
}
