import type { Finding } from '../../readiness/finding.ts';
import { listed } from '../../readiness/finding.rules.ts';
import { verdict } from './verdict.rules.ts';

export type ExposedFacts = {
  /** What Posthorn itself answered when the provider failed in each way. */
  answers: readonly {
    way: string;
    /** Null: the provider's own answer came, or none. */
    code: string | null;
    detail: string;
    requestId: string;
    /** The marks of the provider that are in it, its headers included. */
    marks: readonly string[];
  }[];
  /** Marks in pages, messages to endpoints and the gateway's own log. */
  places: readonly { place: string; marks: readonly string[] }[];
  /** Marks that the provider was seen to have sent. */
  sent: number;
};

/** A sentence, so that it says more than the code. */
const shortestDetail = 20;

export function judgeExposed({ answers, places, sent }: ExposedFacts): Finding {
  const silent = answers.filter(({ code }) => code === null);
  const poor = answers.filter(
    ({ code, detail, requestId }) => code !== null && (detail.length < shortestDetail || requestId === ''),
  );
  const telling = answers.filter(({ marks }) => marks.length > 0);
  const leaking = places.filter(({ marks }) => marks.length > 0);
  return verdict(
    [
      [sent > 0, 'The provider sent nothing that was marked.'],
      [
        silent.length === 0,
        `Posthorn did not answer when the provider failed thus: ${listed(silent.map(({ way }) => way))}.`,
      ],
      [poor.length === 0, `Answers lack a sentence or the request's id: ${listed(poor.map(({ way }) => way))}.`],
      [telling.length === 0, `Answers hold the provider's text: ${listed(telling.map(({ way }) => way))}.`],
      [leaking.length === 0, `The provider's text stands in ${listed(leaking.map(({ place }) => place))}.`],
    ],
    `${answers.length} failures were told in words of Posthorn, and nothing of the provider's text was found in ${places.length} other places.`,
    { failures: answers.length, places: places.length, marked: sent },
  );
}
