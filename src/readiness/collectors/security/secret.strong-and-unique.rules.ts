import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';

export type EndpointSecrets = {
  secrets: readonly { sizeBytes: number; distinctBytes: number; isSample: boolean }[];
  /** What else holds one of them, within this gateway. */
  sharedWith: readonly string[];
};

const leastBytes = 24;
/** Of 24 random bytes, fewer than 12 different ones come once in far more than a billion times. */
const leastDistinctBytes = 12;

/** Long, not from a book, and nobody else's. */
export function judgeSecrets({ secrets, sharedWith }: EndpointSecrets): Finding {
  if (secrets.length === 0) return unknown('The endpoint has no secret that can be read.');
  const short = secrets.filter(({ sizeBytes }) => sizeBytes < leastBytes).length;
  const plain = secrets.filter(({ distinctBytes }) => distinctBytes < leastDistinctBytes).length;
  const samples = secrets.filter(({ isSample }) => isSample).length;
  const values = {
    secrets: secrets.length,
    leastSizeBytes: Math.min(...secrets.map(({ sizeBytes }) => sizeBytes)),
    publishedSamples: samples,
    sharedWith: sharedWith.length,
  };
  const faults = [
    samples > 0 && 'it is a published example',
    short > 0 && `it has fewer than ${leastBytes} bytes`,
    short === 0 && plain > 0 && 'it is not random',
    sharedWith.length > 0 && `it is also that of ${listed(sharedWith)}`,
  ].filter((fault) => fault !== false);
  if (faults.length === 0) {
    return passed(`${counted(secrets.length, 'secret')}, long and held by nobody else.`, values);
  }
  const command = 'POST /v1/teams/{team}/endpoints/{endpoint}/secret/rotate {"overlapSeconds": 86400}';
  return failed(`A signing secret does not do: ${faults.join('; ')}.`, values, command);
}
