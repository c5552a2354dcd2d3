import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import Pdf from 'pdfkit';

/** A key with its certificate, by their files in the folder of the authority. */
export type Signer = { name: string; chain: readonly string[]; certPem: string };

type SignerOptions = {
  /** Days from now on; below 0 it has expired. */
  days?: number;
  /** Who signs it; itself unless given. */
  by?: Signer;
  /** Lines of an openssl extension section. */
  extensions?: readonly string[];
  /** For `openssl req -newkey`. */
  key?: readonly string[];
  /** Whose key it has; a new one unless given. */
  keyOf?: Signer;
  /** Its own common name and serial number unless given. */
  subject?: string;
  serial?: string;
};

/** Certificates and signatures as openssl makes them. Its files are gone after `remove`. */
export type SigningAuthority = {
  root: Signer;
  /** A certificate authority below the root. */
  between: Signer;
  make(options?: SignerOptions): Signer;
  /** CMS over content that lies outside, DER. `more`: further parameters of `openssl cms -sign`. */
  sign(content: Buffer, by: Signer, more?: readonly string[]): Buffer;
  /** An RFC 3161 token. */
  stamp(content: Buffer, by: Signer): Buffer;
  remove(): void;
};

const ec = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const leaf = ['basicConstraints=CA:FALSE', 'keyUsage=critical,digitalSignature,nonRepudiation'];
export const stamping = [...leaf, 'extendedKeyUsage=critical,timeStamping'];

export function createSigningAuthority(): SigningAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-signing-'));
  const openssl = (...parameters: string[]): Buffer =>
    execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  let made = 0;

  const make: SigningAuthority['make'] = (options = {}) => {
    made += 1;
    const name = `s${made}`;
    const { days = 90, by, extensions = leaf, key = ec, keyOf, subject = name, serial = String(made) } = options;
    write(`${name}.ext`, ['subjectKeyIdentifier=hash', ...extensions].join('\n'));
    if (keyOf === undefined)
      openssl('req', '-new', '-newkey', ...key, '-nodes', '-keyout', `${name}.key`, '-subj', '/CN=key');
    else write(`${name}.key`, read(`${keyOf.name}.key`));
    openssl('req', '-new', '-key', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${subject}`);
    const issuer =
      by === undefined ? ['-signkey', `${name}.key`] : ['-CA', `${by.name}.pem`, '-CAkey', `${by.name}.key`];
    const life = ['-set_serial', serial, '-days', String(days)];
    openssl('x509', '-req', '-in', `${name}.csr`, ...issuer, ...life, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
    const chain = by === undefined ? [] : [by.name, ...by.chain];
    return { name, chain, certPem: read(`${name}.pem`).toString() };
  };

  const root = make({ extensions: authority });
  return {
    root,
    between: make({ by: root, extensions: authority }),
    make,
    sign(content, by, more = []) {
      write('content', content);
      write('chain.pem', by.chain.map((name) => read(`${name}.pem`).toString()).join('\n'));
      const chain = by.chain.length === 0 ? [] : ['-certfile', 'chain.pem'];
      const signer = ['-signer', `${by.name}.pem`, '-inkey', `${by.name}.key`, ...chain];
      openssl(
        'cms',
        '-sign',
        '-binary',
        '-in',
        'content',
        '-outform',
        'DER',
        '-out',
        'cms',
        '-md',
        'sha256',
        ...signer,
        ...more,
      );
      return read('cms');
    },
    stamp(content, by) {
      write('content', content);
      write('serial', '01');
      const policy = ['serial = serial', 'default_policy = 1.2.3.4.1', 'digests = sha256', 'accuracy = secs:1'];
      const config = ['[tsa]', 'default_tsa = own', '[own]', ...policy, 'tsa_name = no', 'ess_cert_id_chain = no'];
      write('tsa.cnf', [...config, 'signer_digest = sha256', ''].join('\n'));
      openssl('ts', '-query', '-data', 'content', '-sha256', '-cert', '-out', 'query');
      const signer = ['-signer', `${by.name}.pem`, '-inkey', `${by.name}.key`];
      openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', ...signer, '-token_out', '-out', 'token');
      return read('token');
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A PDF of one page by pdfkit. */
export async function makePlainPdf(text = 'A contract.'): Promise<Buffer> {
  const document = new Pdf({ size: 'A4' });
  document.text(text);
  document.end();
  return buffer(document);
}

type SignatureOptions = { subFilter?: string; contentsBytes?: number };

/** As an incremental update (ISO 32000-1, 7.5.6): a signature field whose value covers everything but its `/Contents`. */
export function addSignature(
  pdf: Buffer,
  sign: (content: Buffer) => Buffer,
  { subFilter = 'adbe.pkcs7.detached', contentsBytes = 16_384 }: SignatureOptions = {},
): Buffer {
  const before = pdf.toString('latin1');
  const last = (pattern: RegExp): string => [...before.matchAll(pattern)].at(-1)?.[1] ?? '';
  const rootId = last(/\/Root (\d+) 0 R/g);
  const size = Number(last(/\/Size (\d+)/g));
  const catalog = last(new RegExp(`(?:^|\\n)${rootId} 0 obj\\s*<<([\\s\\S]*?)>>\\s*endobj`, 'g'));
  const fields = /\/Fields \[([^\]]*)\]/.exec(catalog)?.[1] ?? '';
  const bare = catalog.replace(/\/AcroForm <<[^>]*>>/, '');
  const objects: [string | number, string][] = [
    [
      size,
      `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /${subFilter} /Reason (an object \\(obj\\)) ` +
        `/ByteRange [0 ${'*'.repeat(32)}] /Contents <${'0'.repeat(2 * contentsBytes)}> >>`,
    ],
    [size + 1, `<< /FT /Sig /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /T (Signature${size}) /V ${size} 0 R >>`],
    [rootId, `<<${bare} /AcroForm << /Fields [${fields} ${size + 1} 0 R] /SigFlags 3 >> >>`],
  ];
  let update = before.endsWith('\n') ? '' : '\n';
  const places = objects.map(([id, content]) => {
    const place = pdf.length + update.length;
    update += `${id} 0 obj\n${content}\nendobj\n`;
    return `${id} 1\n${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = pdf.length + update.length;
  const trailer = `trailer\n<< /Size ${size + 2} /Root ${rootId} 0 R /Prev ${last(/startxref\s+(\d+)/g)} >>`;
  update += `xref\n${places.join('')}${trailer}\nstartxref\n${table}\n%%EOF\n`;
  const signed = Buffer.concat([pdf, Buffer.from(update, 'latin1')]);
  const from = signed.indexOf('/Contents <', pdf.length) + '/Contents '.length;
  const to = from + 2 * contentsBytes + 2;
  const range = `${from} ${to} ${signed.length - to}`.padEnd(32);
  signed.write(range, signed.indexOf('*'.repeat(32), pdf.length), 'latin1');
  const cms = sign(Buffer.concat([signed.subarray(0, from), signed.subarray(to)]));
  signed.write(cms.toString('hex'), from + 1, 'latin1');
  return signed;
}
