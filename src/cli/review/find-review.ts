import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import type { ReviewAnswer } from './review-answers.ts';

const most = 500;

/** The path of a review: by its id or its name; the only one that is not closed when none is named. */
export async function findReview(api: ApiClient, team: string, given: string | undefined): Promise<string> {
  if (given?.startsWith('rev_') === true) return `${team}/reviews/${encodeURIComponent(given)}`;
  const { data } = await api.request<{ data: ReviewAnswer[] }>('GET', `${team}/reviews?limit=${most}`);
  const found = data.filter((each) => (given === undefined ? each.status !== 'closed' : each.name === given));
  const [only, other] = found;
  if (only !== undefined && other === undefined) return `${team}/reviews/${only.id}`;
  if (only === undefined) {
    throw new CliFailure(
      given === undefined ? 'there is no review that is worked on' : `there is no review named ${given}`,
      'see posthorn review list --all, or begin one with posthorn review create',
    );
  }
  const named = found.slice(0, 5).map(({ id, name }) => `${name}: ${id}`);
  throw new CliFailure(`several reviews fit (${named.join(', ')})`, 'name one by its id');
}
