/** What tells a check of a review from the others: it stands once for each of its subjects. */
export function keyOfCheck({ checkId, subject }: { checkId: string; subject: { id: string } }): string {
  return `${checkId} ${subject.id}`;
}
