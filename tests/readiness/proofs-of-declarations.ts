import { asIfLongAgo, inTurn, ofId, type Proof, sql, theTeam } from './proof.ts';

const endpoint = ofId('endpoint');

export const proofsOfDeclarations: readonly Proof[] = [
  {
    check: 'audit.webhook-changes-traceable',
    subject: theTeam,
    plant: inTurn(
      sql(`UPDATE endpoint SET url = 'https://receiver.example.com/moved' WHERE id = $1`, endpoint),
      asIfLongAgo,
    ),
    mend: inTurn(
      sql(`UPDATE endpoint SET url = 'https://receiver.example.com/hook' WHERE id = $1`, endpoint),
      asIfLongAgo,
    ),
  },
];
