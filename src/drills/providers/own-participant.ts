import type { DrillTeam } from '../reliability/drill-team.ts';
import type { UblParty } from './ubl-document.rules.ts';

/** Who the team is in the Peppol network, as it declared; null when it did not, or not whole. */
export async function ownParticipant(team: DrillTeam): Promise<UblParty | null> {
  const { parts } = (await team.want('GET', '/declarations')) as {
    parts: { participants?: { scheme: string; value: string; owner: string; name?: string; country?: string }[] };
  };
  for (const { scheme, value, owner, name, country } of parts.participants ?? []) {
    if (owner === 'own' && name !== undefined && country !== undefined) return { scheme, value, name, country };
  }
  return null;
}
