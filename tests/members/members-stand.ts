import { memberRoutes } from '../../src/members/members.routes.ts';
import { signerRoutes } from '../../src/members/signers.routes.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

export type MembersStand = Awaited<ReturnType<typeof openMembersStand>>;

/** The API with its members, as the operator and as members. */
export async function openMembersStand() {
  const api: TestApi = await createTestApi({
    register(app, { services }) {
      void app.register(memberRoutes({ services }));
      void app.register(signerRoutes({ services }));
    },
  });
  let number = 0;
  return {
    ...api,
    /** The id of a new member with a role. */
    async addMember(team: string, role: string, more: object = {}): Promise<string> {
      number += 1;
      const body = { name: `Member ${number}`, email: `member-${number}@example.com`, role, ...more };
      const answer = await api.call('POST', `/v1/teams/${team}/members`, { body });
      if (answer.status !== 201) throw new Error(answer.text);
      return (answer.body as { id: string }).id;
    },
    /** A key of a member. */
    keyOf: (team: string, memberId: string, permissions = ['*']) => api.createKey(team, permissions, { memberId }),
  };
}
