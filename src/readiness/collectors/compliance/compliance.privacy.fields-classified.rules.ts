import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';
import { declareCommand } from '../declared.rules.ts';
import { type Leaf, leavesOf } from '../json-leaves.rules.ts';

/** A path at which personal data was seen. */
export type PersonalPath = { eventType: string; path: string; kind: string; times: number };
type ClassifiedField = { eventType: string; path: string; class: string };

export type FieldFacts = {
  bodies: number;
  eventTypes: number;
  found: readonly PersonalPath[];
  declared: readonly ClassifiedField[];
};

const timesMost = 10;

/** Every path at which personal data was seen has a class other than `none`. */
export function judgeFields({ bodies, eventTypes, found, declared }: FieldFacts): Finding {
  const classes = new Map(declared.map((field) => [`${field.eventType} ${field.path}`, field.class]));
  const classOf = ({ eventType, path }: PersonalPath) =>
    classes.get(`${eventType} ${path}`) ?? classes.get(`* ${path}`);
  const open = found.filter((each) => classOf(each) === undefined);
  const often = open.filter(({ times }) => times > timesMost);
  const denied = found.filter((each) => classOf(each) === 'none' && each.times > timesMost);
  const values = {
    bodies,
    eventTypes,
    pathsWithPersonalData: found.length,
    withoutClass: open.length,
    withoutClassOften: often.length,
    deniedPersonalData: denied.length,
  };
  const textOf = ({ eventType, path, kind }: PersonalPath) => `${path} of ${eventType} (${kind})`;
  if (often.length > 0) return failed(`Without a class: ${listed(often.map(textOf))}.`, values, declareCommand);
  if (denied.length > 0) {
    return failed(
      `Declared to hold nothing personal, and it does: ${listed(denied.map(textOf))}.`,
      values,
      declareCommand,
    );
  }
  if (bodies === 0) return unknown('No body came within 7 days that could be looked through.', values);
  if (open.length > 0) {
    return unknown(`Seen a few times and without a class: ${listed(open.map(textOf))}.`, values, declareCommand);
  }
  return passed(
    `${counted(found.length, 'path')} with personal data in ${counted(bodies, 'body', 'bodies')}, each with a class.`,
    values,
  );
}

/** Where personal data is in bodies, by event type and path. */
export function personalPathsOf(bodies: readonly { type: string; body: unknown }[]): PersonalPath[] {
  const found = new Map<string, PersonalPath>();
  for (const { type, body } of bodies) {
    for (const leaf of leavesOf(body)) {
      const kind = kindOf(leaf);
      if (kind === null) continue;
      const key = `${type} ${leaf.path}`;
      found.set(key, { eventType: type, path: leaf.path, kind, times: (found.get(key)?.times ?? 0) + 1 });
    }
  }
  return [...found.values()];
}

const email = /^[^\s@<>]{1,64}@[^\s@<>]+\.[a-z]{2,}$/i;
const iban = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;
const phoneName = /phone|mobile|^tel$/i;
const personName = /^(first|last|full|given|family|middle)[_-]?names?$|^surname$/i;
const addressName = /^(street|street_?(name|address)|address_?(line)?_?\d?|postal_?code|post_?code|zip(_?code)?)$/i;
const taxName = /vat|tax_?(id|number|no)|org(anisation|anization)?_?(nr|no|number)|national_?id|^ssn$/i;

/** What kind of personal data a leaf holds, by its value or by the name of its field; null: none that is known. */
export function kindOf({ name, value, siblings }: Pick<Leaf, 'name' | 'value' | 'siblings'>): string | null {
  if (typeof value === 'boolean') return null;
  const text = String(value).trim();
  if (text === '') return null;
  if (email.test(text)) return 'email';
  const account = text.replaceAll(/\s/g, '');
  if (iban.test(account) && isIban(account)) return 'bank-account';
  const digits = text.replaceAll(/\D/g, '').length;
  if (digits >= 7 && digits <= 15 && (phoneName.test(name) || /^\+[\d ()./-]+$/.test(text))) return 'phone';
  if (taxName.test(name) && digits >= 6) return 'tax-number';
  if (typeof value !== 'string' || !/\p{L}|\d/u.test(text)) return null;
  if (addressName.test(name)) return 'address';
  if (personName.test(name)) return 'name';
  // A bare name is somebody's where an e-mail or a number to call stands beside it.
  if (/^(user|display)?_?name$/i.test(name) && [...siblings].some((each) => /^e-?mail$|phone/i.test(each)))
    return 'name';
  return null;
}

/** ISO 13616: country, check digits and account number, modulo 97. */
function isIban(text: string): boolean {
  const moved = text.slice(4) + text.slice(0, 4);
  let rest = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
