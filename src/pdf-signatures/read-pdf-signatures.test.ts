import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addSignature,
  createSigningAuthority,
  makePlainPdf,
  type Signer,
  type SigningAuthority,
  stamping,
} from '../../tests/support/signed-pdf.ts';
import { makePdf } from '../simulation/pdf.rules.ts';
import { readPdfSignatures } from './read-pdf-signatures.ts';

const rsa = (bits: number): string[] => [`rsa:${bits}`];
const curve = (name: string): string[] => ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`];

let authority: SigningAuthority;
let signer: Signer;
let plain: Buffer;
let signed: Buffer;

beforeAll(async () => {
  authority = createSigningAuthority();
  signer = authority.make({ by: authority.between });
  plain = await makePlainPdf();
  signed = sign();
});
afterAll(() => authority.remove());

/** A PDF with one more signature. */
function sign(more: string[] = [], by = signer, pdf = plain, subFilter = 'adbe.pkcs7.detached'): Buffer {
  return addSignature(pdf, (content) => authority.sign(content, by, more), { subFilter });
}
const stamp = (pdf: Buffer, by: Signer): Buffer =>
  addSignature(pdf, (content) => authority.stamp(content, by), { subFilter: 'ETSI.RFC3161' });
const faults = (pdf: Buffer): (string | null)[] => readPdfSignatures(pdf).signatures.map(({ fault }) => fault);
/** The hexadecimal string of the last signature, with its brackets. */
const contentsOf = (pdf: Buffer): { from: number; to: number } => {
  const from = pdf.lastIndexOf('/Contents <') + '/Contents '.length;
  return { from, to: pdf.indexOf('>', from) + 1 };
};
const withContents = (pdf: Buffer, der: Buffer | string): Buffer => {
  const changed = Buffer.from(pdf);
  const { from, to } = contentsOf(pdf);
  changed.fill('0', from + 1, to - 1);
  changed.write(typeof der === 'string' ? der : der.toString('hex'), from + 1, 'latin1');
  return changed;
};
const derOf = (pdf: Buffer): Buffer => {
  const { from, to } = contentsOf(pdf);
  return Buffer.from(pdf.toString('latin1', from + 1, to - 1), 'hex');
};

describe('readPdfSignatures', () => {
  it('reads a whole signature, with the certificates that came with it', () => {
    const { signatures, tooMuch } = readPdfSignatures(signed);
    expect(tooMuch).toBe(false);
    expect(signatures).toHaveLength(1);
    const [{ kind, fault, certificate, others }] = signatures as [(typeof signatures)[number]];
    expect({ kind, fault }).toEqual({ kind: 'signature', fault: null });
    expect(certificate?.x509.toString()).toBe(signer.certPem);
    expect(others.map(({ x509 }) => x509.toString()).toSorted()).toEqual(
      [authority.between.certPem, authority.root.certPem].toSorted(),
    );
  });

  it.each<[string, string[], string[]]>([
    ['RSA', rsa(2048), []],
    ['RSA with SHA-512', rsa(2048), ['-md', 'sha512']],
    ['RSASSA-PSS', rsa(2048), ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32']],
    ['ECDSA over P-384', curve('P-384'), ['-md', 'sha384']],
    ['no signed attributes', curve('P-256'), ['-noattr']],
    ['no signed attributes, by RSA', rsa(2048), ['-noattr']],
    ['the id of a key', curve('P-256'), ['-keyid']],
    ['the signing certificate among its attributes', curve('P-256'), ['-cades']],
  ])('reads one that is made with %s', (_what, key, more) => {
    const by = authority.make({ by: authority.root, key });
    const pdf = sign(more, by);
    expect(faults(pdf)).toEqual([null]);
    const changed = Buffer.from(pdf);
    changed[200] = (changed[200] as number) ^ 1;
    expect(faults(changed)).toEqual([more.includes('-noattr') ? 'forged' : 'changed']);
  });

  it('reads one that names no lengths, as BER allows it', () => {
    const open = Buffer.from([0x30, 0x80]);
    const [ends, der] = [Buffer.alloc(6), derOf(signed)];
    // The outer sequence, its identifier, the explicit tag and the sequence in it: 4, 11, 4 and 4 bytes.
    const inside = der.subarray(23, der.readUInt16BE(2) + 4);
    const ber = Buffer.concat([open, der.subarray(4, 15), Buffer.from([0xa0, 0x80]), open, inside, ends]);
    expect(faults(withContents(signed, ber))).toEqual([null]);
    expect(faults(withContents(signed, ber.subarray(0, -7)))).toEqual(['forged']);
  });

  it('reads the forms of PAdES, and a timestamp over what was signed', () => {
    const pades = sign(['-cades'], signer, plain, 'ETSI.CAdES.detached');
    const stamped = stamp(pades, authority.make({ by: authority.root, extensions: stamping }));
    const kinds = readPdfSignatures(stamped).signatures.map(({ kind, fault }) => [kind, fault]);
    expect(kinds).toEqual([
      ['signature', null],
      ['timestamp', null],
    ]);
    stamped[200] = (stamped[200] as number) ^ 1;
    expect(faults(stamped)).toEqual(['changed', 'changed']);
  });

  it('reads several, each over what was there when it was made', () => {
    const other = authority.make({ by: authority.root });
    const twice = sign([], other, signed);
    expect(
      readPdfSignatures(twice).signatures.map(({ fault, certificate }) => [fault, certificate?.x509.toString()]),
    ).toEqual([
      [null, signer.certPem],
      [null, other.certPem],
    ]);
    expect(faults(sign([], signer, twice))).toEqual([null, null, null]);
  });

  it('passes over what is left of a signature in a PDF that was written anew and signed again, and over nothing else', () => {
    const left = replaced(signed, '/ByteRange [0 ', '/ByteRange [1 ');
    expect(faults(left)).toEqual(['range']);
    expect(faults(sign([], signer, left))).toEqual([null]);
    expect(faults(stamp(left, authority.make({ by: authority.root, extensions: stamping })))).toEqual([null]);
    const changed = Buffer.from(signed);
    changed[200] = (changed[200] as number) ^ 1;
    expect(faults(sign([], signer, changed))).toEqual(['changed', null]);
    expect(faults(Buffer.concat([sign([], signer, left), Buffer.from('\n')]))).toEqual(['range', 'appended']);
  });

  it('finds nothing in a PDF without signatures, and none of another PDF inside it', () => {
    expect(faults(plain)).toEqual([]);
    expect(faults(makePdf(5_000))).toEqual([]);
    expect(faults(signed.subarray(0, plain.length))).toEqual([]);
  });
});

describe('what was changed is found', () => {
  it('whatever byte that is covered is flipped', () => {
    const { from, to } = contentsOf(signed);
    const place = fc.nat({ max: signed.length - (to - from) - 1 }).map((at) => (at < from ? at : at + to - from));
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(signed);
        changed[at] = (changed[at] as number) ^ mask;
        expect(faults(changed)).not.toContain(null);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a byte is appended', (pdf: Buffer) => Buffer.concat([pdf, Buffer.from('\n')]), ['appended']],
    ['a revision is appended', (pdf: Buffer) => Buffer.concat([pdf, revision(pdf)]), ['appended']],
    ['the end is cut off', (pdf: Buffer) => pdf.subarray(0, -1), ['range']],
    ['the signature is cut in two', (pdf: Buffer) => pdf.subarray(0, contentsOf(pdf).from + 100), ['unreadable']],
    ['something is hidden beside the contents', (pdf: Buffer) => widened(pdf), ['range']],
    [
      'the range leaves the beginning out',
      (pdf: Buffer) => replaced(pdf, '/ByteRange [0 ', '/ByteRange [1 '),
      ['range'],
    ],
    [
      'a form that is not read is named',
      (pdf: Buffer) => replaced(pdf, 'adbe.pkcs7.detached', 'adbe.pkcs7.sha1    '),
      ['form'],
    ],
    ['the contents are no DER', (pdf: Buffer) => withContents(pdf, 'ff'.repeat(100)), ['unreadable']],
    ['the contents are no hexadecimal digits', (pdf: Buffer) => withContents(pdf, 'zz'), ['unreadable']],
    ['there are no contents', (pdf: Buffer) => withContents(pdf, ''), ['unreadable']],
    ['the signature is of other bytes', (pdf: Buffer) => withContents(pdf, authority.sign(plain, signer)), ['changed']],
    [
      'the content is inside',
      (pdf: Buffer) => withContents(pdf, authority.sign(plain, signer, ['-nodetach'])),
      ['form'],
    ],
    ['two have signed', (pdf: Buffer) => withContents(pdf, twoSigners()), ['unreadable']],
    [
      'its certificate is left out',
      (pdf: Buffer) => sign(['-nocerts'], signer, pdf.subarray(0, plain.length)),
      ['certificate'],
    ],
  ])('when %s', (_what, change, found) => {
    expect(faults(change(signed))).toEqual(found);
  });

  it('when it was signed with SHA-1, MD5, or a key that is too short', () => {
    const short = authority.make({ by: authority.root, key: rsa(1024) });
    expect(faults(sign([], short))).toEqual(['algorithm']);
    expect(faults(sign(['-md', 'sha1']))).toEqual(['algorithm']);
    expect(faults(sign(['-md', 'md5'], authority.make({ key: rsa(2048) })))).toEqual(['algorithm']);
  });

  it('when a certificate with the same name and number, and another key, takes the place of the signer', () => {
    const twin = { by: authority.root, subject: 'twin', serial: '77' };
    const [one, other] = [authority.make(twin), authority.make(twin)];
    const swapped = ['-nocerts', '-certfile', `${other.name}.pem`];
    expect(faults(sign(swapped, one))).toEqual(['forged']);
    expect(faults(sign([...swapped, '-cades'], one))).toEqual(['forged']);
    expect(faults(sign(['-nocerts', '-certfile', `${one.name}.pem`], one))).toEqual([null]);
  });

  it('and no byte of the signature itself that is flipped makes it throw', () => {
    const der = derOf(signed);
    const length = der.readUInt16BE(2) + 4;
    fc.assert(
      fc.property(fc.nat({ max: length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] as number) ^ mask;
        expect(faults(withContents(signed, changed))).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('and none whose bytes are any at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(faults(withContents(signed, Buffer.from(bytes)))).toEqual(['unreadable']);
      }),
      { numRuns: 500 },
    );
  });

  it('and neither one that is nested without end', () => {
    const nested = addSignature(plain, () => Buffer.alloc(60_000, Buffer.from([0x30, 0x80])), {
      contentsBytes: 60_000,
    });
    expect(faults(nested)).toEqual(['unreadable']);
  });
});

const replaced = (pdf: Buffer, text: string, by: string): Buffer =>
  Buffer.from(pdf.toString('latin1').replace(text, by), 'latin1');

/** An update that changes nothing, as one that changes everything would stand there. */
const revision = (pdf: Buffer): Buffer =>
  Buffer.from(`1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\nstartxref\n${pdf.length}\n%%EOF\n`);

/** The gap between the two stretches one byte wider than the contents. */
function widened(pdf: Buffer): Buffer {
  const { from } = contentsOf(pdf);
  return replaced(pdf, `/ByteRange [0 ${from} `, `/ByteRange [0 ${from - 1} `);
}

function twoSigners(): Buffer {
  const other = authority.make({ by: authority.root });
  return authority.sign(plain, signer, ['-signer', `${other.name}.pem`, '-inkey', `${other.name}.key`]);
}
