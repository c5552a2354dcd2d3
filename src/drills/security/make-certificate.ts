import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, and what is needed to issue others with it. */
export type Certificate = { certPem: string; keyPem: string; name: string; key: KeyObject };

const tags = {
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  utf8: 12,
  utcTime: 23,
  sequence: 48,
  set: 49,
} as const;
const oids = {
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
  ecdsaSha256: '1.2.840.10045.4.3.2',
};

/**
 * An X.509 certificate, version 3, of a P-256 key (RFC 5280): enough for TLS among the servers of a drill.
 * @param options.names `DNS:a.example` or `IP:127.0.0.1`, IPv4 alone. @param options.issuer itself when there is none
 */
export function makeCertificate(options: {
  name: string;
  names: readonly string[];
  issuer: Certificate | null;
  fromMs: number;
  toMs: number;
}): Certificate {
  const { name, issuer } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(oids.ecdsaSha256));
  const extensions = [
    ...(issuer === null ? [extension(oids.basicConstraints, sequence(der(tags.boolean, Buffer.from([255]))))] : []),
    ...(options.names.length === 0 ? [] : [extension(oids.subjectAltName, sequence(...options.names.map(nameEntry)))]),
  ];
  const body = sequence(
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, Buffer.concat([Buffer.from([1]), randomBytes(12)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(timeOf(options.fromMs), timeOf(options.toMs)),
    nameOf(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const key = issuer?.key ?? privateKey;
  const signature = der(tags.bits, Buffer.concat([Buffer.from([0]), sign('sha256', body, key)]));
  const lines =
    sequence(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    certPem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    name,
    key: privateKey,
  };
}

/** Tag, length, content: X.690 section 8.1. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(tags.sequence, Buffer.concat(parts));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    bytes.push(...groups);
  }
  return der(tags.oid, Buffer.from(bytes));
}

function nameOf(name: string): Buffer {
  return sequence(der(tags.set, sequence(oid(oids.commonName), der(tags.utf8, Buffer.from(name)))));
}

/** UTCTime, which years before 2050 are written as. */
function timeOf(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '');
  return der(tags.utcTime, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(tags.octets, value));
}

function nameEntry(entry: string): Buffer {
  const [kind, value = ''] = entry.split(':');
  return kind === 'IP' ? der(0x87, Buffer.from(value.split('.').map(Number))) : der(0x82, Buffer.from(value));
}
