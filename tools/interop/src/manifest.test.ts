import { libraries, TOOLCHAINS } from './manifest.js';
import { scenarios, scenariosFor } from './scenarios/index.js';

it.each(libraries().map((library) => [library.name, library] as const))(
  'knows the pinned version of %s and only scenarios that there are',
  (_, library) => {
    expect(library.pinned).toMatch(/\d/);
    expect(TOOLCHAINS).toContain(library.toolchain);
    const names = scenariosFor(library).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const feature of Object.keys({ ...library.missing, ...library.faults, ...library.unsteady, ...library.notes }))
      expect(names).toContain(feature);
  },
);

it('has every scenario once', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it('has a library in each of five languages', () => {
  expect(new Set(libraries().map(({ toolchain }) => toolchain))).toEqual(new Set(TOOLCHAINS));
});
