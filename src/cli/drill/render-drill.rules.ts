import { readableDuration } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import { padVisible, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import type { VerifiedCheck } from '../verify/verified-check.ts';
import type { DrillAnswer, RunAnswer, StepAnswer } from './drill-answers.ts';

type Style = { paint: Paint; width: number };

/** The run as the check that it decided. One that was broken off decided nothing. */
export function verifiedBy(run: RunAnswer, drill: DrillAnswer): VerifiedCheck {
  const { finding } = run;
  const name = drill.subjects.find(({ id }) => id === run.subject.id)?.name ?? run.subject.id;
  return {
    check: run.check,
    title: drill.title,
    section: drill.section,
    severity: drill.severity,
    kind: 'drill',
    evidenceId: run.evidenceId,
    subject: { ...run.subject, name },
    state: finding?.state ?? 'unknown',
    because: finding === null ? `It was ${run.state}: posthorn drill show ${run.id}` : null,
    seen: finding?.seen ?? null,
    remedy: finding?.state === 'failed' ? `posthorn drill show ${run.id} shows what was done and seen` : null,
    command: finding?.command ?? null,
    runAgain: `posthorn drill run ${run.check} --subject ${run.subject.id}`,
  };
}

/** Whether it may be run without a second thought: nothing of the team feels it, and the machine hardly does. */
export function isSafe({ touches, safeInProduction, refused }: DrillAnswer): boolean {
  return !refused && safeInProduction && touches !== 'integration';
}

/** A drill that the gateway did not start. */
export type Refusal = { check: string; code: string; why: string };

/** The check that was to be decided: it is not. */
export function refusedBy({ check, why }: Refusal, { title, section, severity, about }: DrillAnswer): VerifiedCheck {
  return {
    check,
    title,
    section,
    severity,
    kind: 'drill',
    evidenceId: null,
    subject: { kind: about, id: about, name: about },
    state: 'unknown',
    because: `Its drill was refused: ${why}`,
    seen: null,
    remedy: null,
    command: null,
    runAgain: `posthorn drill run ${check}`,
  };
}

/** At the end, where they are not overlooked. */
export function renderRefused(refused: readonly Refusal[], { paint, width }: Style): string[] {
  return refused.flatMap(({ check, why }) => {
    const lines = wrapWords(safeText(why, 'one line'), Math.max(30, width - 6));
    return [`${paint.red('REFUSED')}  ${check}`, ...lines.map((line) => paint.dim(`      ${line}`))];
  });
}

/** A step of a transcript: how long after the start, what, and the figures. */
export function renderStep(step: StepAnswer, startedAtMs: number, { paint, width }: Style): string[] {
  const at = `+${readableDuration(Math.max(0, step.atMs - startedAtMs))}`;
  const figures = step.values.map(({ name, value }) => `${name}=${String(value)}`).join(' ');
  const text = safeText(figures === '' ? step.says : `${step.says} ${figures}`, 'one line');
  const lines = wrapWords(text, Math.max(30, width - 12));
  return lines.map((line, index) => `${paint.dim(padVisible(index === 0 ? at : '', 10))}  ${line}`);
}

/** How far it is, as one line. */
export function renderProgress({ check, state, progress }: RunAnswer): string {
  if (state === 'waiting') return `${check} waits for its turn`;
  const { done, of } = progress;
  return of === null ? `${check} is under way` : `${check}: ${done} of ${of}`;
}
