import { constantFrom, assert, property, subarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permissionNames } from '../teams/permissions.rules.ts';
import { grantsOf, lacksOfRole, permissionsOfMemberKey, raises, roles } from './role-permissions.rules.ts';

const one = 'connections:call:con_01kajxkkj8ffkr1g8xs6a3ek0r';
const anyRole = constantFrom(...roles);
const given = subarray([...permissionNames, one]);

describe("a member's key", () => {
  test('holds nothing beyond the role, and nothing beyond what it was given', () => {
    assert(
      property(anyRole, given, (role, permissions) => {
        const held = permissionsOfMemberKey(role, permissions);
        const granted = grantsOf(role);
        for (const each of held) {
          const inRole = granted.has('*') || granted.has((each === one ? 'connections:call' : each) as never);
          expect(inRole, `${role}: ${each}`).toBe(true);
          expect(permissions.includes(each) || permissions.includes('*'), `${role}: ${each}`).toBe(true);
        }
      }),
    );
  });

  test('loses nothing that it was given and the role grants', () => {
    assert(
      property(anyRole, given, (role, permissions) => {
        const held = permissionsOfMemberKey(role, permissions);
        const kept = permissions.filter((each) => each !== '*' && grantsOf(role).has(each as never));
        for (const each of kept) expect(held.has(each) || held.has('*'), `${role}: ${each}`).toBe(true);
      }),
    );
  });

  test('that was given everything holds what the role grants, and everything for owners alone', () => {
    for (const role of roles) {
      expect(permissionsOfMemberKey(role, ['*'])).toEqual(grantsOf(role));
      expect(grantsOf(role).has('*'), role).toBe(role === 'owner');
    }
  });

  test('may call through one connection when the role may call through all of them', () => {
    expect([...permissionsOfMemberKey('developer', [one])]).toEqual([one]);
    expect([...permissionsOfMemberKey('viewer', [one])]).toEqual([]);
  });
});

describe('roles', () => {
  test('grant no more to admins than to owners, to developers than to admins, to viewers than to anybody', () => {
    for (const [wider, narrower] of [
      ['owner', 'admin'],
      ['admin', 'developer'],
      ['developer', 'viewer'],
      ['auditor', 'viewer'],
      ['admin', 'auditor'],
    ] as const) {
      expect(lacksOfRole(grantsOf(wider), narrower), `${wider} ${narrower}`).toBeNull();
      expect(raises(wider, narrower)).toBe(false);
      expect(raises(narrower, wider)).toBe(true);
    }
  });

  test('of two that both grant something of their own, either is a raise of the other', () => {
    expect([raises('developer', 'auditor'), raises('auditor', 'developer')]).toEqual([true, true]);
  });

  test('that only read change nothing: an auditor signs, a viewer does not', () => {
    const changing = (name: string): boolean => /:(write|call|run|reveal)$/.test(name) || name === 'feed:read';
    for (const role of ['auditor', 'viewer'] as const) expect([...grantsOf(role)].filter(changing), role).toEqual([]);
    expect([grantsOf('auditor').has('reviews:sign'), grantsOf('viewer').has('reviews:sign')]).toEqual([true, false]);
  });
});
