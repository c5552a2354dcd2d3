import type { Collector } from '../finding.ts';
import { documentationCurrent } from './documentation/launch.docs.current.ts';

/** What is decided by reading the documentation as this gateway serves it. */
export const documentationChecks: readonly Collector<unknown>[] = [documentationCurrent];
