import type { Subject } from '../../readiness/finding.ts';
import type { Stage } from '../stage.ts';

/** What a twin of a source takes over of it: everything but its secrets, its place and its limits on who may send. */
export type SourceSettings = {
  provider: string;
  options: Readonly<Record<string, string | number | boolean>>;
  acceptUncovered: boolean;
  dedupeWindowSeconds: number;
};

/** @throws when the source is gone */
export async function readSource(stage: Stage, subject: Subject): Promise<SourceSettings> {
  const view = await stage.gateway.want('GET', `/v1/teams/${stage.teamId}/sources/${subject.id}`);
  const { provider, options, acceptUncovered, dedupeWindowSeconds } = view as SourceSettings;
  return { provider, options, acceptUncovered, dedupeWindowSeconds };
}
