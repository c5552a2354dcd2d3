import { renderFields } from '../sources/render-source.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What the verbs read of the answer, which holds more. */
export type PromotionAnswer = {
  id: string;
  state: string;
  connection: string;
  review: string;
  createdAt: string;
  endedAt: string | null;
  because: string | null;
  override: { reason: string; by: string } | null;
  requestedBy: string;
  steps: { name: string; at: string; outcome: string; seen: string }[];
};

/** `nameOf` makes ids of connections, reviews, members and keys readable. */
type Look = { paint: Paint; width: number; nameOf?: (id: string) => string };

const asItIs = (id: string): string => id;

const marks: Readonly<Record<string, string>> = { succeeded: '✓', failed: '✗', skipped: '–' };

export function stateColour(state: string, paint: Paint): (text: string) => string {
  if (state === 'live') return paint.green;
  return state === 'failed' || state === 'rolled-back' ? paint.red : paint.yellow;
}

/** Everything about a promotion, its steps one below the other. */
export function renderPromotion(promotion: PromotionAnswer, look: Look): string[] {
  const { id, state, connection, review, override, because, requestedBy, steps } = promotion;
  const { nameOf = asItIs } = look;
  const named = (part: string): string => (nameOf(part) === part ? part : `${nameOf(part)} (${part})`);
  const fields: [string, string][] = [
    ['promotion', id],
    ['state', stateColour(state, look.paint)(state)],
    ['connection', named(connection)],
    ['review', named(review)],
    ['asked by', nameOf(requestedBy)],
    ...(override === null ? [] : [['override', `${override.reason} (${nameOf(override.by)})`] as [string, string]]),
    ...(because === null ? [] : [['because', because] as [string, string]]),
  ];
  const safe = fields.map(
    ([label, value]) => [label, label === 'state' ? value : safeText(value, 'one line')] as const,
  );
  return [...renderFields(safe, look), '', ...steps.flatMap((step) => renderStep(step, look))];
}

/** `✓ switched  Calls go to …`; steps name who decided by an id. */
export function renderStep({ name, outcome, seen }: PromotionAnswer['steps'][number], look: Look): string[] {
  const { nameOf = asItIs } = look;
  const said = seen.replaceAll(/\b(?:mem|key)_[0-9a-z]{26}\b/g, nameOf);
  const paint = outcome === 'failed' ? look.paint.red : outcome === 'skipped' ? look.paint.dim : look.paint.green;
  return renderFields([[`${marks[outcome] ?? '?'} ${name}`, paint(safeText(said, 'one line'))]], look);
}
