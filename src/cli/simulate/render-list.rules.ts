import type { Scenario, Simulator } from '../../simulation/simulator.ts';
import { alignColumns } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';

/** Everything that can be simulated. */
export function renderProviders(simulators: Iterable<Simulator>, paint: Paint): string[] {
  const rows = Array.from(simulators, ({ name, title, events }) => [
    paint.bold(name),
    title,
    counted(events.length, 'event'),
  ]);
  return [...alignColumns(rows), '', paint.dim('More about one: posthorn simulate <provider> --list')];
}

/** The scenarios and events of one provider, and what can happen in a scenario of one's own. */
export function renderProvider(simulator: Simulator, scenarios: readonly Scenario[], paint: Paint): string[] {
  const { title, secret, events, actions, about, roles, defaultScenario } = simulator;
  const section = (heading: string, rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : ['', paint.bold(heading), ...alignColumns(rows).map((line) => `  ${line}`)];
  return [
    `${paint.bold(title)}: --secret is ${secret.what}`,
    ...section(
      'Scenarios',
      scenarios.map(({ name, description }) => [
        name,
        description + (name === defaultScenario ? ' (the usual one)' : ''),
      ]),
    ),
    ...section(
      'Events',
      events.map(({ name, description }) => [name, description]),
    ),
    ...section(
      'Steps of a scenario',
      Object.entries(actions).map(([does, { by, description }]) => [by, does, description]),
    ),
    ...section(
      'What a scenario can say "about" it',
      Object.entries(about).map(([name, { description }]) => [name, description]),
    ),
    ...section('Roles of people', roles.length === 0 ? [] : [[roles.join(', ')]]),
  ];
}

/** The same for a program. */
export function providerAsJson(simulator: Simulator, scenarios: readonly Scenario[]): string {
  const { name, title, events, actions, about, roles, defaultScenario } = simulator;
  const told = scenarios.map((scenario) => ({ name: scenario.name, description: scenario.description }));
  return JSON.stringify({ name, title, defaultScenario, scenarios: told, events, actions, about, roles });
}
