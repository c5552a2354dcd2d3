import { array, assert, boolean, constantFrom, integer, option, property, record, subarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor, Role } from '../context.ts';
import { permissionNames } from '../teams/permissions.rules.ts';
import { requireMayChange, requireMayMakeKeyFor } from './member-change.rules.ts';
import { grantsOf, lacksOfRole, permissionsOfMemberKey, raises, roles } from './role-permissions.rules.ts';

const role = constantFrom(...roles);

function keyOf(memberId: string | null, itsRole: Role | null, given: readonly string[] = ['*']): Actor {
  const permissions = itsRole === null ? new Set(given) : permissionsOfMemberKey(itsRole, given);
  return { kind: 'api-key', teamId: 'team', apiKeyId: 'key', permissions, memberId, role: itsRole };
}
/** The code of the refusal; null when there is none. */
function refusal(act: () => void): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a change to who is in a team', () => {
  const change = record({
    by: option(integer({ min: 0, max: 3 }), { nil: null }),
    machine: boolean(),
    given: subarray([...permissionNames]),
    of: option(integer({ min: 0, max: 3 }), { nil: null }),
    to: option(role, { nil: null }),
  });

  test('never leaves a team without owners, and never gives anybody what its giver has not', () => {
    assert(
      property(array(role, { minLength: 4, maxLength: 4 }), array(change, { maxLength: 30 }), (start, changes) => {
        const team = new Map<number, Role>(start.map((each, index) => [index, each]));
        let next = 4;
        for (const { by, machine, given, of, to } of changes) {
          const byRole = by === null ? undefined : team.get(by);
          const operator = by === null || byRole === undefined;
          const actor: Actor = operator
            ? { kind: 'operator' }
            : machine
              ? keyOf(null, null, given)
              : keyOf(String(by), byRole, given);
          const before = of === null ? null : (team.get(of) ?? null);
          if (before === null && to === null) continue;
          const member = of === null || before === null ? null : { id: String(of), role: before };
          const owners = [...team.values()].filter((each) => each === 'owner').length;
          const otherOwners = owners - (before === 'owner' ? 1 : 0);
          if (refusal(() => requireMayChange(actor, { member, role: to, otherOwners })) !== null) continue;
          if (to === null) team.delete(of as number);
          else team.set(member === null ? next++ : (of as number), to);
          if (owners > 0) expect([...team.values()]).toContain('owner');
          if (actor.kind === 'operator') continue;
          if ((before === 'owner') !== (to === 'owner')) expect(actor.role).toBe('owner');
          const isOwn = actor.memberId !== null && actor.memberId === member?.id;
          if (isOwn && before !== null && to !== null) expect(raises(before, to)).toBe(false);
          else if (to !== null) expect(lacksOfRole(actor.permissions, to)).toBeNull();
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['an admin makes a developer', keyOf('a', 'admin'), null, 'developer', null],
    ['an admin makes an admin', keyOf('a', 'admin'), null, 'admin', null],
    ['an admin makes an owner', keyOf('a', 'admin'), null, 'owner', 'forbidden'],
    ['an admin demotes an owner', keyOf('a', 'admin'), 'owner', 'viewer', 'forbidden'],
    ['an admin changes the e-mail of an owner', keyOf('a', 'admin'), 'owner', 'owner', 'forbidden'],
    ['an admin removes an owner', keyOf('a', 'admin'), 'owner', null, 'forbidden'],
    ['an owner makes an owner', keyOf('a', 'owner'), null, 'owner', null],
    ['an owner removes an owner', keyOf('a', 'owner'), 'owner', null, null],
    ['a machine with everything makes an owner', keyOf(null, null), null, 'owner', 'forbidden'],
    ['a machine with everything makes an admin', keyOf(null, null), null, 'admin', null],
    ['a machine that may only that makes a viewer', keyOf(null, null, ['members:write']), null, 'viewer', 'forbidden'],
    [
      'an admin with a narrow key removes a developer',
      keyOf('a', 'admin', ['members:write']),
      'developer',
      null,
      'forbidden',
    ],
    ['the operator makes an owner', { kind: 'operator' }, null, 'owner', null],
  ] as const)('%s: refused with %5$s', (_what, actor, before, to, code) => {
    const member = before === null ? null : { id: 'b', role: before };
    expect(refusal(() => requireMayChange(actor, { member, role: to, otherOwners: 1 }))).toBe(code);
  });

  test('nobody raises their own role, and everybody may lower it, but for the last owner', () => {
    for (const from of roles) {
      for (const to of roles) {
        const code = refusal(() => {
          requireMayChange(keyOf('me', from), { member: { id: 'me', role: from }, role: to, otherOwners: 1 });
        });
        expect(code, `${from} to ${to}`).toBe(lacksOfRole(grantsOf(from), to) === null ? null : 'forbidden');
      }
    }
    const last = { member: { id: 'me', role: 'owner' as const }, otherOwners: 0 };
    expect(refusal(() => requireMayChange(keyOf('me', 'owner'), { ...last, role: 'admin' }))).toBe('last_owner');
    expect(refusal(() => requireMayChange({ kind: 'operator' }, { ...last, role: null }))).toBe('last_owner');
    expect(refusal(() => requireMayChange(keyOf('me', 'owner'), { ...last, role: 'owner' }))).toBeNull();
  });
});

test('keys for people are made by themselves, by the operator, and by members who hold all of their role', () => {
  const makes = (actor: Actor, of: Role, id = 'b') => refusal(() => requireMayMakeKeyFor(actor, { id, role: of }));
  expect(makes({ kind: 'operator' }, 'owner')).toBeNull();
  expect(makes(keyOf('b', 'viewer', ['keys:write']), 'viewer')).toBeNull();
  expect(makes(keyOf('a', 'admin'), 'developer')).toBeNull();
  expect(makes(keyOf('a', 'admin'), 'owner')).toBe('forbidden');
  expect(makes(keyOf('a', 'admin', ['keys:write']), 'viewer')).toBe('forbidden');
  expect(makes(keyOf(null, null), 'viewer')).toBe('forbidden');
});
