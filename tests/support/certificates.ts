import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Certificate = { certPem: string; keyPem: string };

/** A certificate authority of the test's own. */
export type Authority = {
  caPem: string;
  /** A certificate for a subject alternative name, such as `DNS:a.test` or `IP:127.0.0.1`. */
  issue(subjectAltName: string, options?: { expired?: boolean }): Certificate;
  remove(): void;
};

/** Makes one with the openssl command. Its files are gone after `remove`. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-ca-'));
  const openssl = (...parameters: string[]): void => {
    execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  return {
    caPem: read('ca.pem'),
    issue(subjectAltName, { expired = false } = {}) {
      writeFileSync(join(folder, 'extensions'), `subjectAltName=${subjectAltName}\n`);
      openssl('req', '-new', ...newKey, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=leaf');
      const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions'];
      const days = expired ? '-1' : '2';
      openssl('x509', '-req', '-in', 'leaf.csr', ...issuer, '-days', days, '-out', 'leaf.pem');
      return { certPem: read('leaf.pem'), keyPem: read('leaf.key') };
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
