/** What the verbs read of the API's answers, which hold more. */
export type MemberAnswer = {
  id: string;
  name: string;
  email: string;
  role: string;
  status: string;
  invitedBy: string;
  createdAt: string;
};

export type SignersAnswer = { duty: string; members: string[] };
