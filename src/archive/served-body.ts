import { createHash } from 'node:crypto';
import { pipeline, type Readable, Transform } from 'node:stream';

/**
 * Bytes on their way out, compared with their hash: the last of them are held back until all are known to be right, so
 * that whoever downloads a damaged document gets a transfer that breaks off and not a whole one.
 */
export function verifiedBody(stream: Readable, sha256: string, onDamage: () => void): Readable {
  const hash = createHash('sha256');
  let held: Buffer | null = null;
  const verified = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      if (before === null) done();
      else done(null, before);
    },
    flush(done) {
      if (hash.digest('hex') !== sha256) {
        onDamage();
        return done(new Error('the archived document is damaged'));
      }
      return held === null ? done() : done(null, held);
    },
  });
  pipeline(stream, verified, () => undefined);
  return verified;
}
