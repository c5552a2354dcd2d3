import { oneOf, type Random } from './random.rules.ts';

export type Person = { name: string; email: string };

const givenNames = ['Amara', 'Jürgen', 'Noor', 'Mateo', 'Zofia', 'Kenji', 'Siobhán', 'Luca', 'Ingrid', 'Tariq'];
const familyNames = ['Okafor', 'Škoda', 'van Dijk', 'Reyes', 'Nowak', 'Tanaka', 'O’Neill', 'Ferri', 'Sørensen', 'Aziz'];
const papers = ['Lease', 'Employment contract', 'Non-disclosure agreement', 'Purchase order', 'Service agreement'];
const companies = ['Northwind GmbH', 'Café Étoile SARL', 'Harbour & Sons Ltd', 'Polder BV', 'Fjord AS'];

/** Somebody who does not exist, at a domain that never receives mail (RFC 2606). */
export function inventPerson(random: Random): Person {
  const name = `${oneOf(random, givenNames)} ${oneOf(random, familyNames)}`;
  const local = name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll('ø', 'o')
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '.');
  return { name, email: `${local}@example.com` };
}

export function inventTitle(random: Random): string {
  return `${oneOf(random, papers)} ${oneOf(random, companies)}`;
}

export function inventCompany(random: Random): string {
  return oneOf(random, companies);
}
