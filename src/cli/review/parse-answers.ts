import type { ScopeQuestion } from '../../readiness/check-definition.ts';
import { CliFailure } from '../failure.ts';

type Answer = boolean | number | string | string[];

/** `question=value` as it was typed: yes and no, numbers, words, and lists with commas (`none` is an empty one). */
export function parseAnswers(
  texts: readonly string[],
  questions: readonly Pick<ScopeQuestion, 'id' | 'kind'>[],
): Record<string, Answer> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      const [id, value] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
      const question = questions.find((each) => each.id === id);
      if (question === undefined) {
        const known = questions.map((each) => each.id).join(', ');
        throw new CliFailure(`--answer ${text} answers no question`, `write question=value, with one of ${known}`, 2);
      }
      return [id, answerOf(question, value)];
    }),
  );
}

function answerOf({ id, kind }: Pick<ScopeQuestion, 'id' | 'kind'>, value: string): Answer {
  if (kind === 'choice') return value;
  if (kind === 'list') return value === 'none' ? [] : value.split(',').map((word) => word.trim());
  if (kind === 'number') {
    if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
    throw new CliFailure(`${id} is answered by a number`, `write ${id}=20`, 2);
  }
  if (value === 'yes' || value === 'true') return true;
  if (value === 'no' || value === 'false') return false;
  throw new CliFailure(`${id} is answered by yes or no`, `write ${id}=yes or ${id}=no`, 2);
}
