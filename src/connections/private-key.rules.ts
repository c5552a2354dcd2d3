import { createPrivateKey } from 'node:crypto';

/** Source: RFC 7518 section 3.3: keys for RS256 have 2048 bits or more. */
const leastBits = 2_048;

type ReadKey = { ok: true; pem: string } | { ok: false; problem: string };

/**
 * An RSA private key as PEM, repaired where it was pasted: line breaks typed as \n or turned into blanks, quotes around
 * it. `problem` continues "the field …", says how to mend it and quotes nothing.
 */
export function readPrivateKey(text: string): ReadKey {
  const typed = text.replaceAll(/(?:\\r)?\\n/g, '\n');
  const [, label = '', content] = /-----BEGIN ([A-Z ]+)-----([\s\S]+?)-----END \1-----/.exec(typed) ?? [];
  if (content === undefined) {
    return refused('is no PEM: copy the whole key, from -----BEGIN to the last -----');
  }
  if (label.includes('PUBLIC') || label.includes('CERTIFICATE')) {
    return refused('is the public half: give the private key, which the provider shows once when it makes the pair');
  }
  if (label.includes('ENCRYPTED') || content.includes('ENCRYPTED')) {
    return refused('is protected by a passphrase: write it without, with: openssl pkey -in key.pem -out plain.pem');
  }
  const lines = content.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
  const key = parse(pem);
  if (key === null) return refused('is damaged: copy the whole key again, from -----BEGIN to the last -----');
  if (key.asymmetricKeyType !== 'rsa') {
    return refused(`is a key of type ${key.asymmetricKeyType ?? 'unknown'}: an RSA key is needed`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < leastBits) return refused(`has ${bits} bits: make a key of ${leastBits} bits or more`);
  return { ok: true, pem };
}

function parse(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says about it may quote it.
    return null;
  }
}

function refused(problem: string): ReadKey {
  return { ok: false, problem };
}
