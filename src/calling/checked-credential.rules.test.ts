import { expect, test } from 'vitest';
import { type CheckedRead, judgeRead } from './checked-credential.rules.ts';

const answered = (status: number): CheckedRead => ({ kind: 'answered', status });

test.each<[what: string, read: CheckedRead, works: boolean | null, says: RegExp]>([
  ['200', answered(200), true, /^Documenso answered 200\.$/],
  ['401', answered(401), false, /401: it does not know this credential\. Enter one/],
  ['403', answered(403), false, /403: it knows this credential, which may not read \/api\/v2\/envelope\./],
  ['302', answered(302), null, /a redirect/],
  ['404', answered(404), null, /404 for \/api\/v2\/envelope: look whether the baseUrl/],
  ['429', answered(429), null, /too many calls/],
  ['503', answered(503), null, /it failed itself/],
  ['an end', { kind: 'expired' }, false, /^It has expired/],
  [
    'no secret',
    { kind: 'ended', code: 'credential_failed', detail: 'There is no file.' },
    false,
    /^There is no file\.$/,
  ],
  ['no answer', { kind: 'ended', code: 'provider_unreachable', detail: 'It is away.' }, null, /^It is away\.$/],
])('%s says whether a credential works', (_what, read, works, says) => {
  const judged = judgeRead('Documenso', '/api/v2/envelope', read);
  expect(judged.works).toBe(works);
  expect(judged.says).toMatch(says);
});
