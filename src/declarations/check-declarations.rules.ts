import { BlockList, isIP } from 'node:net';
import type { ProblemPointer } from '../problem.ts';
import type { DeclarationParts } from './declaration-schemas.ts';
import { problemOfIdentifier } from './identifier.rules.ts';

/** What a schema cannot tell: check digits, addresses, URLs, things that are declared twice, days to come. */
export function problemsOfDeclarations(parts: DeclarationParts, nowMs: number): ProblemPointer[] {
  const { registrations = [], addresses = [], participants = [], testRecipients = [], legalEntity, roles } = parts;
  return [
    ...registrations.flatMap(({ url }, index) =>
      URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
        ? []
        : [{ pointer: `/parts/registrations/${index}/url`, message: 'is no URL' }],
    ),
    ...addresses.flatMap((entry, index) => [
      ...(entry.addresses ?? []).flatMap((address, place) =>
        isNetwork(address)
          ? []
          : [{ pointer: `/parts/addresses/${index}/addresses/${place}`, message: 'is no address and no network' }],
      ),
      ...inFuture(entry.statedOn, `/parts/addresses/${index}/statedOn`, nowMs),
    ]),
    ...(legalEntity?.identifiers ?? []).flatMap((each, index) =>
      wrongIdentifier(each, `/parts/legalEntity/identifiers/${index}`),
    ),
    ...participants.flatMap((each, index) => [
      ...wrongIdentifier(each, `/parts/participants/${index}`),
      ...(each.scheme === 'VAT'
        ? [{ pointer: `/parts/participants/${index}/scheme`, message: 'has to be a code of four digits' }]
        : []),
    ]),
    ...testRecipients.flatMap((each, index) => {
      const at = `/parts/testRecipients/${index}`;
      return [
        ...wrongIdentifier(each, at),
        ...inFuture(each.agreedOn, `${at}/agreedOn`, nowMs),
        ...(each.receipt === undefined ? [] : inFuture(each.receipt.on, `${at}/receipt/on`, nowMs)),
      ];
    }),
    ...(roles === undefined ? [] : inFuture(roles.reviewedOn, '/parts/roles/reviewedOn', nowMs)),
    ...twice(parts.traffic?.of ?? [], ({ id }) => id, '/parts/traffic/of'),
    ...twice(parts.webhooks ?? [], ({ source }) => source, '/parts/webhooks'),
    ...twice(addresses, ({ source }) => source, '/parts/addresses'),
    ...twice(parts.providers ?? [], ({ connection }) => connection, '/parts/providers'),
    ...twice(parts.paidPlans ?? [], ({ connection }) => connection, '/parts/paidPlans'),
    ...twice(testRecipients, ({ connection }) => connection, '/parts/testRecipients'),
    ...twice(participants, ({ scheme, value }) => `${scheme}:${value}`, '/parts/participants'),
    ...twice(parts.fields ?? [], ({ eventType, path }) => `${eventType} ${path}`, '/parts/fields'),
  ];
}

/** Ids in a declaration, each with where it stands. */
export function idsOfDeclarations(parts: DeclarationParts): { id: string; pointer: string }[] {
  const of = <Item>(items: readonly Item[] | undefined, idOf: (item: Item) => string, pointer: string, field: string) =>
    (items ?? []).map((item, index) => ({ id: idOf(item), pointer: `${pointer}/${index}/${field}` }));
  return [
    ...of(parts.traffic?.of, ({ id }) => id, '/parts/traffic/of', 'id'),
    ...of(parts.webhooks, ({ source }) => source, '/parts/webhooks', 'source'),
    ...of(parts.registrations, ({ source }) => source, '/parts/registrations', 'source'),
    ...of(parts.addresses, ({ source }) => source, '/parts/addresses', 'source'),
    ...of(parts.providers, ({ connection }) => connection, '/parts/providers', 'connection'),
    ...of(parts.paidPlans, ({ connection }) => connection, '/parts/paidPlans', 'connection'),
    ...of(parts.testRecipients, ({ connection }) => connection, '/parts/testRecipients', 'connection'),
    ...of(parts.roles?.reasons, ({ member }) => member, '/parts/roles/reasons', 'member'),
  ];
}

/** An address, or a network in CIDR notation. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Whether every address of `inner` is one of `outer`; both as `isNetwork` takes them. */
export function isWithin(inner: string, outer: string): boolean {
  const one = networkOf(inner);
  const other = networkOf(outer);
  if (one.family !== other.family || one.bits < other.bits) return false;
  const list = new BlockList();
  list.addSubnet(other.address, other.bits, other.family);
  return list.check(one.address, one.family);
}

/** The number of leading bits that are fixed: 32 or 128 for an address. */
export function networkOf(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', bits] = text.split('/');
  const isV4 = isIP(address) === 4;
  const most = isV4 ? 32 : 128;
  return { address, bits: bits === undefined ? most : Number(bits), family: isV4 ? 'ipv4' : 'ipv6' };
}

function wrongIdentifier(identifier: { scheme: string; value: string }, pointer: string): ProblemPointer[] {
  const problem = problemOfIdentifier(identifier);
  return problem === null ? [] : [{ pointer: `${pointer}/value`, message: problem }];
}

function inFuture(day: string, pointer: string, nowMs: number): ProblemPointer[] {
  return Date.parse(day) > nowMs ? [{ pointer, message: 'is a day to come' }] : [];
}

function twice<Item>(items: readonly Item[], keyOf: (item: Item) => string, pointer: string): ProblemPointer[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    const again = seen.has(key);
    seen.add(key);
    return again ? [{ pointer: `${pointer}/${index}`, message: 'is declared twice' }] : [];
  });
}
