import type { Role } from '../context.ts';

/** A person of a team. Times are RFC 3339. */
export type Member = {
  id: string;
  name: string;
  email: string;
  role: Role;
  status: 'active' | 'removed';
  /** `operator`, or the id of a member or of an api key. */
  invitedBy: string;
  createdAt: string;
  updatedAt: string;
  removedAt: string | null;
};
