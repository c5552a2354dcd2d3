import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ProblemPointer } from '../problem.ts';

type Pems = { certPem: string; keyPem: string; caPem?: string | undefined };

/** What is wrong with a client certificate and its key. Never repeats any of the key. */
export function judgeClientTls({ certPem, keyPem, caPem }: Pems): ProblemPointer[] {
  const problems: ProblemPointer[] = [];
  const certificate = attempt(() => new X509Certificate(certPem));
  if (certificate === null) problems.push({ pointer: '/clientTls/certPem', message: 'is not a PEM certificate' });
  const key = attempt(() => createPrivateKey(keyPem));
  if (key === null) {
    problems.push({ pointer: '/clientTls/keyPem', message: 'is not an unencrypted PEM private key' });
  } else if (certificate !== null && attempt(() => certificate.checkPrivateKey(key)) !== true) {
    problems.push({ pointer: '/clientTls/keyPem', message: 'is not the key of the certificate' });
  }
  if (caPem !== undefined && attempt(() => new X509Certificate(caPem)) === null) {
    problems.push({ pointer: '/clientTls/caPem', message: 'is not a PEM certificate' });
  }
  return problems;
}

function attempt<Result>(run: () => Result): Result | null {
  try {
    return run();
  } catch {
    return null;
  }
}
