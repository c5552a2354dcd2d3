import type { Segment } from './segment.ts';
import type { Gap } from './segment-scan.ts';
import { SpoolError } from './spool.ts';

/** Reports bytes of a segment that hold no record, once. */
export function reportGap(segment: Segment, { start, end, tail }: Gap, onError: (error: SpoolError) => void): void {
  if (segment.reportedGaps.has(start)) return;
  segment.reportedGaps.add(start);
  segment.damaged = true;
  const unless = tail ? ' (unless they were being written when the machine stopped)' : '';
  onError(
    new SpoolError(
      'failed',
      `The spool lost ${end - start} bytes${unless}: ${segment.path} cannot be read from byte ${start} on. What can be ` +
        'read elsewhere is kept; the file is set aside as *.damaged when that is done. Check the disk.',
    ),
  );
}
