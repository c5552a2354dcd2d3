import { describe, expect, test } from 'vitest';
import { fillCommand } from './fill-command.rules.ts';

const connection = { kind: 'connection', id: 'con_1' } as const;

describe('the command that mends something', () => {
  test.each([
    ['posthorn connections check <connection>', 'posthorn connections check con_1'],
    [
      'PATCH /v1/teams/{team}/connections/{connection} {"baseUrl": null}',
      'PATCH /v1/teams/team_1/connections/con_1 {"baseUrl": null}',
    ],
    ['posthorn review sign <duty> <review>', 'posthorn review sign <duty> rev_1'],
    ['posthorn archive request <connection> <envelope>', 'posthorn archive request con_1 <envelope>'],
    ['posthorn doctor', 'posthorn doctor'],
  ])('can be copied: %s', (command, filled) => {
    expect(fillCommand(command, { teamId: 'team_1', subject: connection, reviewId: 'rev_1' })).toBe(filled);
  });

  test('keeps the places of what it is not about', () => {
    const about = { teamId: 'team_1', subject: { kind: 'gateway', id: 'gateway' } as const };
    expect(fillCommand('posthorn review run <review>', about)).toBe('posthorn review run <review>');
    expect(fillCommand('PATCH /v1/teams/{team}/sources/{source}', about)).toBe(
      'PATCH /v1/teams/team_1/sources/{source}',
    );
    expect(fillCommand(null, about)).toBeNull();
  });
});
