import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { type PartName, partSchemas } from '../../src/release/manifest-schema.ts';

type NotMeasured = { status: 'not-measured'; because: string };

export function notMeasured(because: string): NotMeasured {
  return { status: 'not-measured', because };
}

/**
 * A part that another job of the pipeline measured: `reports/manifest/<part>.json` with `commit` and the part's fields.
 * One of another commit proves nothing of this one.
 * @throws when it is there and cannot be read: a report that is wrong is not a report that is missing
 */
export function handedIn<Part>(
  reports: string,
  wanted: { name: PartName; isPart: (value: unknown) => value is Part; commit: string; otherwise: string },
): Part | NotMeasured {
  const path = join(reports, 'manifest', `${wanted.name}.json`);
  if (!existsSync(path)) return notMeasured(wanted.otherwise);
  const { commit, ...fields } = JSON.parse(readFileSync(path, 'utf8')) as { commit?: unknown };
  if (commit !== wanted.commit) return notMeasured('the report that is there is of another commit');
  const part: unknown = { status: 'measured', ...fields };
  if (wanted.isPart(part)) return part;
  const [first] = Value.Errors(partSchemas[wanted.name], part);
  throw new Error(
    `${path} is not as the manifest has it, at ${first?.instancePath ?? '/'}; see docs/release-manifest.md`,
  );
}
