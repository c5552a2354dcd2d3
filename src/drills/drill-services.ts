import type { AuditContext } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import type { Drill } from './drill.ts';

/** What use cases of drills need beside who asks. */
export type DrillServices = {
  /** Those that there are, by their checks. */
  drills: ReadonlyMap<string, Drill>;
  readiness: Pick<Readiness, 'states' | 'subjectsOf'>;
  /** Runs wait. */
  onWaiting: () => void;
  /** A run is to stop: if it is this node's, at once. */
  onStop: (runId: string) => void;
};

/** Of a request, or of the gateway itself where a schedule is due. */
export type DrillContext = AuditContext & Pick<Context, 'database' | 'environment'> & DrillServices;

/** The gateway itself, as the audit log names it. */
export function byPosthorn({ clock, ids }: Pick<Context, 'clock' | 'ids'>): AuditContext {
  return { clock, ids, actor: { kind: 'posthorn', id: null, memberId: null }, requestId: null, address: null };
}
