import type { X509Certificate } from 'node:crypto';
import type { Asn1Node } from './asn1-node.ts';
import { asA, identifierOf, insideOf, isA, octetsOf, smallNumberOf, tagged, WrongShape } from './asn1.rules.ts';
import { readAsn1 } from './read-asn1.rules.ts';

/** What of a certificate node:crypto does not show (RFC 5280, 4.1 and 4.2). */
export type CertificateFacts = {
  /** The name of its issuer, DER. */
  issuer: Buffer;
  serial: Buffer;
  /** The id of its key, as its issuer wrote it. */
  keyId: Buffer | null;
  /** How many authorities may stand below it; null: as many as there are. */
  pathLength: number | null;
  /** Null: it may be used for everything. */
  usage: { signs: boolean; issues: boolean } | null;
  /** It has demands that are not known here, so that it may not be relied on. */
  demandsUnknown: boolean;
};
export type Certificate = { x509: X509Certificate; facts: CertificateFacts };

const ids = { keyId: '2.5.29.14', usage: '2.5.29.15', constraints: '2.5.29.19' } as const;
/**
 * What a critical extension may be: looked at here, or saying what is not asked here: alternative names, policies and
 * extended usage. Constraints of names are not among them.
 */
const understood = new Set<string>([
  ids.usage,
  ids.constraints,
  '2.5.29.17',
  '2.5.29.32',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.54',
]);

type Extension = { id: string; critical: boolean; value: Buffer };

/** @param der of a certificate. @throws WrongShape */
export function factsOf(der: Buffer): CertificateFacts {
  const [tbs] = insideOf(readAsn1(der) ?? undefined, 'sequence');
  const fields = insideOf(tbs, 'sequence');
  const [serial, , issuer] = tagged(fields.slice(0, 1), 0) === undefined ? fields : fields.slice(1);
  const extensions = extensionsOf(tagged(fields, 3));
  const valueOf = (id: string): Asn1Node | undefined => {
    const found = extensions.find((each) => each.id === id);
    if (found === undefined) return undefined;
    const value = readAsn1(found.value);
    if (value === null) throw new WrongShape(id);
    return value;
  };
  const keyId = valueOf(ids.keyId);
  return {
    issuer: asA(issuer, 'sequence').whole,
    serial: asA(serial, 'integer').content,
    keyId: keyId === undefined ? null : octetsOf(keyId),
    pathLength: pathLengthOf(valueOf(ids.constraints)),
    usage: usageOf(valueOf(ids.usage)),
    demandsUnknown: extensions.some(({ id, critical }) => critical && !understood.has(id)),
  };
}

function extensionsOf(explicit: Asn1Node | undefined): Extension[] {
  if (explicit === undefined) return [];
  const extensions = insideOf(explicit.children?.[0], 'sequence').map((each) => {
    const [id, ...others] = insideOf(each, 'sequence');
    const [flag] = others;
    const critical = isA(flag, 'boolean') && flag.content[0] !== 0;
    return { id: identifierOf(id), critical, value: octetsOf(others.at(-1)) };
  });
  if (new Set(extensions.map(({ id }) => id)).size < extensions.length) throw new WrongShape('extensions');
  return extensions;
}

function pathLengthOf(constraints: Asn1Node | undefined): number | null {
  if (constraints === undefined) return null;
  const length = insideOf(constraints, 'sequence').find((each) => isA(each, 'integer'));
  return length === undefined ? null : smallNumberOf(length);
}

/** Bits are counted from the highest: 0 digital signature, 1 non-repudiation, 5 signing of certificates. */
function usageOf(node: Asn1Node | undefined): CertificateFacts['usage'] {
  if (node === undefined) return null;
  const bits = asA(node, 'bits').content[1] ?? 0;
  return { signs: (bits & 0xc0) !== 0, issues: (bits & 0x04) !== 0 };
}
