import { notApplicable, unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** How a request to the public address ended; null without an answer. */
export type AddressAnswer = { status: number | null; error: string | null };

export type UrlRulesFacts =
  | { concerned: false; provider: string }
  /** Nobody knows the gateway by another name than the machine's own. */
  | { concerned: true; publicUrl: null }
  | {
      concerned: true;
      publicUrl: string;
      /** The answers to a POST of JSON, to other methods, and to a POST over plain http. */
      post: AddressAnswer;
      others: readonly (AddressAnswer & { method: string })[];
      plain: AddressAnswer;
      /** A body of 5 MB with the secret in its header. */
      large: AddressAnswer;
      /** What was sent is stored, byte by byte. */
      storedAsSent: boolean;
      /** Of the source itself. */
      bodyMaxBytes: number;
      largeBytes: number;
    };

const isTaken = ({ status }: AddressAnswer): boolean => status !== null && status >= 200 && status < 300;
const told = ({ status, error }: AddressAnswer): string => (status === null ? (error ?? 'not at all') : String(status));

export function judgeUrlRules(facts: UrlRulesFacts): Finding {
  if (!facts.concerned) return notApplicable(`It is a source of ${facts.provider}.`);
  if (facts.publicUrl === null) {
    const seen = 'Its address is of this machine alone: there is nothing that Documenso could post to.';
    return unknown(seen, {}, 'POSTHORN_PUBLIC_URL names the address that providers know');
  }
  const { publicUrl, post, others, plain, large, storedAsSent, bodyMaxBytes, largeBytes } = facts;
  const { protocol, host } = new URL(publicUrl);
  const redirects = post.status !== null && post.status >= 300 && post.status < 400;
  return verdict(
    [
      [protocol === 'https:', `${host} is not called over https.`],
      [
        isTaken(post),
        redirects
          ? `A POST was answered with a redirect (${post.status}), which Documenso does not follow.`
          : `A POST was answered ${told(post)}.`,
      ],
      ...others.map((each): [boolean, string] => [each.status === 405, `${each.method} was answered ${told(each)}.`]),
      [!isTaken(plain), `A POST over plain http was answered ${told(plain)}.`],
      [isTaken(large), `A body of ${largeBytes} bytes was answered ${told(large)}.`],
      [storedAsSent, 'What came through is not what was sent.'],
      [bodyMaxBytes >= largeBytes, `The source takes ${bodyMaxBytes} bytes at most.`],
    ],
    `${host} took a POST of JSON and a body of ${largeBytes} bytes as they were sent, and nothing else.`,
    { host, post: told(post), plain: told(plain), large: told(large), bodyMaxBytes },
  );
}
