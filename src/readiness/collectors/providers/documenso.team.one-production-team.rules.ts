import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type TeamFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** The id of the team at Documenso; null: not declared. */
      declared: string | null;
      list: { status: number; problem: string | null; teams: readonly (string | null)[] };
      /** Teams of webhooks of 30 days; null: one without a team. */
      webhookTeams: readonly (string | null)[];
    };

/** Documents that the key lists and webhooks are of the declared team, all of them. */
export function judgeTeam(facts: TeamFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { declared, list, webhookTeams } = facts;
  if (declared === null) return undeclared('providers', 'which team at Documenso is ours');
  const command = 'posthorn connections check <connection>';
  if (list.status === 401 || list.status === 403) return failed('Documenso refused the key.', {}, command);
  if (list.status !== 200)
    return unknown(`Documents could not be listed (${list.problem ?? list.status}).`, {}, command);
  const others = (teams: readonly (string | null)[]) =>
    teams.filter((team) => team !== null && team !== declared).map(String);
  const personal = [...list.teams, ...webhookTeams].filter((team) => team === null).length;
  const listedOthers = [...new Set(others(list.teams))];
  const webhookOthers = [...new Set(others(webhookTeams))];
  const values = {
    documentsListed: list.teams.length,
    webhooks: webhookTeams.length,
    otherTeams: new Set([...listedOthers, ...webhookOthers]).size,
    withoutTeam: personal,
  };
  const faults = [
    listedOthers.length === 0 ? null : `the key lists documents of team ${listed(listedOthers)}`,
    webhookOthers.length === 0 ? null : `webhooks come from team ${listed(webhookOthers)}`,
    personal === 0 ? null : `${counted(personal, 'document')} belong to no team, as in a personal account`,
  ].filter((text) => text !== null);
  if (faults.length > 0) return failed(`Not everything is of team ${declared}: ${faults.join('; ')}.`, values, command);
  if (list.teams.length + webhookTeams.length === 0) {
    return unknown('There is no document yet that would show whose key it is.', values);
  }
  return passed(
    `${counted(list.teams.length, 'document')} and ${counted(webhookTeams.length, 'webhook')}, all of team ${declared}.`,
    values,
  );
}

/** Teams of the documents in an answer of the list. */
export function teamsOfList(body: string): (string | null)[] {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    return Array.isArray(data) ? data.map(teamIdOf) : [];
  } catch {
    return [];
  }
}

/** `teamId` of a document. */
export function teamIdOf(document: unknown): string | null {
  const id = (document as { teamId?: unknown } | null | undefined)?.teamId;
  return typeof id === 'number' || typeof id === 'string' ? String(id) : null;
}
