import type { Subject } from './finding.ts';

/**
 * A command of a finding as it can be run: `{team}`, `<connection>` and the like are the ids that it is about. Findings hold
 * it without them, so that what was found is the same wherever it was. What is not known here stays as it is.
 */
export function fillCommand(
  command: string | null,
  about: { teamId: string; subject: Pick<Subject, 'kind' | 'id'>; reviewId?: string },
): string | null {
  const { teamId, subject, reviewId } = about;
  const ids = new Map<string, string>([['team', teamId]]);
  if (reviewId !== undefined) ids.set('review', reviewId);
  if (subject.kind !== subject.id && !ids.has(subject.kind)) ids.set(subject.kind, subject.id);
  return (
    command?.replaceAll(/\{(\w+)\}|<(\w+)>/g, (place, inPath: string, inWords: string) => {
      return ids.get(inPath ?? inWords) ?? place;
    }) ?? null
  );
}
