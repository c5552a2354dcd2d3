import { expect, test } from 'vitest';
import { ApiProblem } from '../api/api-client.ts';
import { inOnesName } from './sign-prompt.ts';

const refused = (code: string) => {
  const problem = new ApiProblem(
    403,
    code,
    'Nobody reviews what they attested: ask another member',
    'use the operator key',
  );
  return inOnesName(Promise.reject(problem));
};

test('what is refused to a person is told with the remedy for people alone: the operator key signs for nobody', async () => {
  await expect(refused('forbidden')).rejects.toThrow(
    /^Nobody reviews what they attested: ask another member; give the API key of a member who may, with --key or POSTHORN_KEY$/,
  );
  await expect(refused('evidence_changed')).rejects.toThrow(/ask another member; run the verb again$/);
  await expect(refused('conflict')).rejects.toThrow(/; use the operator key$/);
});
