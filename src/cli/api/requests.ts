import { CliFailure } from '../failure.ts';
import { type ApiClient, ApiProblem } from './api-client.ts';

/** The one of this name in a list of the API; null when there is none, or this key may not look. */
export async function findNamed<Answer extends { name: string }>(
  api: ApiClient,
  path: string,
  name: string,
): Promise<Answer | null> {
  try {
    const { data } = await api.request<{ data: Answer[] }>('GET', path);
    return data.find((each) => each.name === name) ?? null;
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'forbidden') return null;
    throw error;
  }
}

/** Makes a request; what is refused is told with the remedy that there is for it here, in place of the usual one. */
export async function withRemedy<Answer>(
  request: () => Promise<Answer>,
  remedyOf: (problem: ApiProblem) => string | undefined,
): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    const remedy = remedyOf(error);
    throw remedy === undefined ? error : new CliFailure(error.what, remedy);
  }
}
