import { expect } from 'vitest';
import { readSourceConfig } from '../../src/sources/read-source-config.ts';
import type { SourceConfig } from '../../src/sources/source-config.ts';
import { readTeamSources } from '../../src/sources/source-snapshot.store.ts';
import { createTestApi, type TestApi } from './configuration-api.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Made = { id: string } & Record<string, any>;

/** What the sources of this stand have as their secret unless told otherwise. */
export const secret = 'planted-secret-of-a-source';

/** The API with sources, and a team at a time to try them on. */
export function createSourcesStand() {
  let api: TestApi;
  let team = '';
  let path = '';
  let nowMs = Date.now();

  const create = (more: object = {}) => {
    const body = { provider: 'documenso', name: 'Contracts', credentials: [{ value: secret }], ...more };
    return api.call('POST', path, { body });
  };
  const config = async (id: string): Promise<SourceConfig> => {
    const row = (await readTeamSources(api.database.pool, team)).find((each) => each.id === id);
    if (row === undefined) throw new Error(`no source ${id}`);
    return readSourceConfig(api.services.sealer, row);
  };
  return {
    async open(): Promise<TestApi> {
      api = await createTestApi({
        clock: { now: () => nowMs },
      });
      return api;
    },
    close: () => api[Symbol.asyncDispose](),
    /** From now on its sources are made and read. */
    async newTeam(name?: string): Promise<{ team: string; path: string }> {
      nowMs = Date.now();
      team = await api.createTeam(name);
      path = `/v1/teams/${team}/sources`;
      return { team, path };
    },
    now: () => nowMs,
    passTime(ms: number): void {
      nowMs += ms;
    },
    inSeconds: (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString(),
    create,
    created: async (more: object = {}): Promise<Made> => {
      const answer = await create(more);
      expect(answer.status, answer.text).toBe(201);
      return answer.body as Made;
    },
    changed: async (id: string, body: object): Promise<Made> => {
      const answer = await api.call('PATCH', `${path}/${id}`, { body });
      expect(answer.status, answer.text).toBe(200);
      return answer.body as Made;
    },
    /** As the receiving path reads it. */
    config,
    /** The secrets that verify, opened. */
    values: async (id: string): Promise<string[]> => (await config(id)).credentials.map(({ value }) => value),
  };
}
