import type { PartName } from '../../declarations/declaration-schemas.ts';
import type { Finding, MeasuredValue } from '../finding.ts';
import { unknown } from '../finding.rules.ts';

export const declareCommand = 'posthorn declarations set --file declarations.json';

/** Nothing to compare with. @param what the team has to say, as in `which events are needed` */
export function undeclared(
  part: PartName,
  what: string,
  values: Readonly<Record<string, MeasuredValue['value']>> = {},
): Finding {
  return unknown(`It is not declared ${what} (${part}).`, values, declareCommand);
}
