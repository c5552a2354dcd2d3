import { type Readable, pipeline, Transform, type TransformCallback } from 'node:stream';
import type { PlannedDocument } from '../providers/archive-plan.ts';
import { ArchiveFailure } from './archive-failure.ts';
import { beginsAs, endsAsPdf, headBytes } from './content.rules.ts';

/**
 * A download as it comes, which errors with an ArchiveFailure when it is not what was asked for, is too large, or ends
 * before its announced length. Nothing passes before its beginning was judged.
 */
export function checkedStream(
  body: Readable,
  expected: { format: PlannedDocument['format']; sizeBytes: number | null; maxBytes: number },
): Readable {
  const { format, sizeBytes, maxBytes } = expected;
  let head: Buffer | null = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let seenBytes = 0;

  const judgeHead = (): ArchiveFailure | null =>
    beginsAs(head ?? tail, format) ? null : new ArchiveFailure('wrong_content');

  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      seenBytes += chunk.length;
      if (seenBytes > maxBytes) return done(new ArchiveFailure('too_large'));
      if (sizeBytes === null) tail = Buffer.concat([tail, chunk.subarray(-headBytes)]).subarray(-headBytes);
      if (head === null) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length < headBytes) return done();
      const wrong = judgeHead();
      if (wrong !== null) return done(wrong);
      const whole = head;
      head = null;
      return done(null, whole);
    },
    flush(done) {
      if (sizeBytes !== null && seenBytes !== sizeBytes) return done(new ArchiveFailure('cut_short'));
      if (head !== null) {
        const wrong = judgeHead();
        if (wrong !== null) return done(wrong);
        this.push(head);
      }
      // Without an announced length, a connection that ends early looks like the end.
      const cut = sizeBytes === null && format === 'pdf' && !endsAsPdf(tail);
      return done(cut ? new ArchiveFailure('cut_short') : null);
    },
  });
  // Errors of either reach both; whoever reads `checked` gets to know of them.
  pipeline(body, checked, () => undefined);
  return checked;
}
