import type { Scope, ScopeCondition, ScopeQuestion } from '../readiness/check-definition.ts';
import type { Fault } from './people/fault.rules.ts';
import type { ScopeAnswer } from './review.ts';

type Answers = Readonly<Record<string, ScopeAnswer>>;
/** What an integration has of each; `providers` of its sources and connections. */
export type MakeUp = {
  counts: { source: number; endpoint: number; connection: number };
  providers: ReadonlySet<string>;
};

/** What does not concern a review, and why. */
export type OutOfScope = {
  checks: ReadonlyMap<string, string>;
  /** For checks about a kind of thing that the review has none of. */
  subjects: ReadonlyMap<string, string>;
};

/**
 * What the answers and the make-up of an integration make not applicable. A question without an answer decides nothing, an
 * answer that contradicts the make-up neither, and an integration without sources and connections says nothing of providers.
 */
export function applyScope(scope: Scope, answers: Answers, makeUp: MakeUp): OutOfScope {
  const checks = new Map<string, string>();
  const subjects = new Map<string, string>();
  const leaveOut = (ids: readonly string[], because: string): void => {
    for (const id of ids) if (!checks.has(id)) checks.set(id, because);
  };
  for (const question of scope.questions) {
    const answer = answers[question.id];
    if (answer === undefined || contradiction(question, answer, makeUp) !== null) continue;
    for (const { when, checks: ids, subject, because } of question.rules) {
      if (!holds(when, answer)) continue;
      leaveOut(ids, because);
      if (subject !== null) subjects.set(subject, because);
    }
  }
  if (makeUp.counts.source + makeUp.counts.connection > 0) {
    for (const { provider, checks: ids, because } of scope.providers) {
      if (!makeUp.providers.has(provider)) leaveOut(shared(scope, ids, makeUp), because);
    }
  }
  return { checks, subjects };
}

/** Those of `ids` that no provider of the integration claims too. */
function shared({ providers }: Scope, ids: readonly string[], makeUp: MakeUp): string[] {
  const claimed = new Set(
    providers.filter((each) => makeUp.providers.has(each.provider)).flatMap((each) => each.checks),
  );
  return ids.filter((id) => !claimed.has(id));
}

function holds(when: ScopeCondition, answer: ScopeAnswer): boolean {
  if (when.kind === 'under') return typeof answer === 'number' && answer < when.value;
  if (when.kind === 'lacks') return Array.isArray(answer) && !answer.includes(when.value);
  if (Array.isArray(answer)) return when.value === 'none' && answer.length === 0;
  return answer === when.value;
}

/** Why an answer cannot be true of an integration; null when it can. */
function contradiction(question: ScopeQuestion, answer: ScopeAnswer, { counts }: MakeUp): string | null {
  const rule = question.rules.find(
    ({ when, subject }) => subject !== null && counts[subject] > 0 && holds(when, answer),
  );
  if (rule?.subject === undefined || rule.subject === null) return null;
  return `is contradicted by the review: it has ${rule.subject}s`;
}

const mostWords = 50;

/** What is wrong with answers: questions that nobody asked, answers of another kind, and contradictions. */
export function faultsOfAnswers({ questions }: Scope, answers: Answers, makeUp: MakeUp): Fault[] {
  const asked = new Map(questions.map((question) => [question.id, question]));
  return Object.entries(answers).flatMap(([id, answer]) => {
    const question = asked.get(id);
    const pointer = `/answers/${id.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (question === undefined) {
      return [{ pointer, message: `answers no question; there are ${[...asked.keys()].join(', ')}` }];
    }
    const message = faultOfAnswer(question, answer) ?? contradiction(question, answer, makeUp);
    return message === null ? [] : [{ pointer, message }];
  });
}

function faultOfAnswer({ kind, choices }: ScopeQuestion, answer: ScopeAnswer): string | null {
  const fits = (word: unknown): boolean =>
    typeof word === 'string' && word !== '' && word.length <= 100 && (choices.length === 0 || choices.includes(word));
  const known = choices.length === 0 ? '' : ` of ${choices.join(', ')}`;
  switch (kind) {
    case 'boolean':
      return typeof answer === 'boolean' ? null : 'must be true or false';
    case 'number':
      return typeof answer === 'number' && answer >= 0 ? null : 'must be a number, 0 or more';
    case 'choice':
      return fits(answer) ? null : `must be one${known}`;
    case 'list':
      return Array.isArray(answer) && answer.length <= mostWords && answer.every(fits)
        ? null
        : `must be a list${known}; an empty one says none`;
  }
}
