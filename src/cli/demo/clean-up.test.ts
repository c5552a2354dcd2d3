import { expect, test } from 'vitest';
import { createCleanUp } from './clean-up.ts';

test('undoes the last step first, whatever one of them does', async () => {
  const cleanUp = createCleanUp();
  const undone: string[] = [];
  cleanUp.add(() => Promise.resolve(undone.push('first')));
  cleanUp.add(() => Promise.reject(new Error('stuck')));
  cleanUp.add(() => Promise.resolve(undone.push('last')));
  await cleanUp.run();
  expect(undone).toEqual(['last', 'first']);
});

test('undoes at once what is done too late, and stops it', async () => {
  const cleanUp = createCleanUp();
  await cleanUp.run();
  const undone: string[] = [];
  expect(() => cleanUp.add(() => Promise.resolve(undone.push('late')))).toThrow('it is over');
  expect(undone).toEqual(['late']);
});
