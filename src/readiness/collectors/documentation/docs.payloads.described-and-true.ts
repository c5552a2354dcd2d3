import { compileSchema } from '../../../event-types/compile-schema.ts';
import { dayMs } from '../../finding.rules.ts';
import type { Collector } from '../../finding.ts';
import { uuidSince, uuidsOf } from '../../subject-uuids.ts';
import { type DescribedPayloads, judgePayloads } from './docs.payloads.described-and-true.rules.ts';

const eventsMost = 20_000;
const bodiesMost = 200;
const bodyMost = 65_536;
type TypeRow = { name: string; schema: unknown; example: unknown };
type Described = DescribedPayloads['types'][number];

export const payloadsDescribed: Collector<DescribedPayloads> = {
  checkId: 'docs.payloads.described-and-true',
  version: 1,
  async gather(context, subject) {
    const { team } = uuidsOf(subject);
    const since = uuidSince(context.nowMs - 30 * dayMs);
    const types = await context.query<TypeRow>(
      `SELECT t.name, t.schema, t.example FROM event_type t WHERE t.team_id = $1 AND (
          t.name IN (SELECT type FROM (SELECT type FROM event WHERE team_id = $1 AND id >= $2 ORDER BY id DESC
            LIMIT ${eventsMost}) e)
          OR EXISTS (SELECT FROM endpoint p WHERE p.team_id = $1 AND p.deleted_at IS NULL AND t.name = ANY (p.event_types)))
        ORDER BY t.name LIMIT 500`,
      [team, since],
    );
    const recent = await context.query<{ type: string; source: string | null; body: string }>(
      `SELECT type, source_id AS source, convert_from(body, 'UTF8') AS body FROM (SELECT * FROM event WHERE team_id = $1
          AND id >= $2 AND octet_length(body) BETWEEN 1 AND ${bodyMost} AND content_type ~ 'json' AND type = ANY ($3)
          ORDER BY id DESC LIMIT ${bodiesMost}) e`,
      [team, since, types.filter(({ schema }) => schema !== null).map(({ name }) => name)],
    );
    const bodies = Map.groupBy(recent, ({ type }) => type);
    return { types: types.map((type) => describe(type, bodies.get(type.name) ?? [])) };
  },
  judge: judgePayloads,
};

function describe(
  { name, schema, example }: TypeRow,
  bodies: readonly { source: string | null; body: string }[],
): Described {
  const compiled = schema === null ? null : compileSchema(schema);
  const fits = (value: unknown): boolean => compiled?.ok === true && compiled.validate(value) === null;
  return {
    name,
    hasSchema: schema !== null,
    hasExample: example !== null,
    exampleFits: schema === null || example === null ? null : fits(example),
    bodies: bodies.length,
    bodiesThatFit: bodies.filter(({ source, body }) => fits(payloadOf(source, body))).length,
  };
}

function payloadOf(source: string | null, body: string): unknown {
  try {
    const value = JSON.parse(body) as { data?: unknown } | null;
    return source === null && typeof value === 'object' ? value?.data : value;
  } catch {
    return undefined;
  }
}
