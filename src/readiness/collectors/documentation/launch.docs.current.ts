import { readFileSync } from 'node:fs';
import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { loadCatalogue } from '../../load-catalogue.ts';
import { judgeDocumentation, type ServedDocumentation } from './launch.docs.current.rules.ts';

const ownPackage = new URL('../../../../package.json', import.meta.url);

export const documentationCurrent: Collector<ServedDocumentation> = {
  checkId: 'launch.docs.current',
  version: 1,
  async gather(context: GatheringContext) {
    const { version } = JSON.parse(readFileSync(ownPackage, 'utf8')) as { version: string };
    const { pages } = await context.reference();
    return { release: version, pages, checks: [...loadCatalogue().checks.keys()] };
  },
  judge: judgeDocumentation,
};
