import { createHash } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { createSecureContext, getCACertificates } from 'node:tls';
import { EgressFailure, errorCode } from './exchange-result.ts';

/** A client certificate for mutual TLS, and a CA that this destination's server may use; all PEM. */
export type ClientTls = { certPem?: string; keyPem?: string; caPem?: string };

export type TlsContexts = (tls: ClientTls | undefined) => SecureContext;

const mostContexts = 256;

/**
 * Makes the secure contexts of outgoing connections and shares them between destinations with the same identity: one
 * holds a copy of the roots, and reading them takes about 10 ms. Roots are those Node trusts (with `--use-system-ca` the
 * system's, with NODE_EXTRA_CA_CERTS its) and the given CAs. Throws an EgressFailure when a PEM cannot be read.
 */
export function createTlsContexts(caPem: string | undefined): TlsContexts {
  const contexts = new Map<string, SecureContext>();
  return (tls) => {
    const key = identityOf(tls);
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const context = createContext(tls, caPem);
    if (contexts.size >= mostContexts) {
      for (const oldest of contexts.keys()) {
        contexts.delete(oldest);
        break;
      }
    }
    contexts.set(key, context);
    return context;
  };
}

function createContext(tls: ClientTls | undefined, caPem: string | undefined): SecureContext {
  const extraRoots = [caPem, tls?.caPem].filter((pem) => pem !== undefined);
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(extraRoots.length > 0 ? { ca: [...getCACertificates('default'), ...extraRoots] } : {}),
      ...(tls?.certPem === undefined ? {} : { cert: tls.certPem }),
      ...(tls?.keyPem === undefined ? {} : { key: tls.keyPem }),
    });
  } catch (error) {
    throw new EgressFailure('tls', `the client certificate, key or CA cannot be used (${errorCode(error)})`);
  }
}

function identityOf(tls: ClientTls | undefined): string {
  if (tls === undefined) return '';
  const identity = JSON.stringify([tls.certPem, tls.keyPem, tls.caPem]);
  return createHash('sha256').update(identity).digest('base64');
}
