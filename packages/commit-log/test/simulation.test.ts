import { Simulation, type Outcome } from './simulation.js';

const RUNS = Number(process.env['RUNS'] ?? 1500);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);

async function simulate(seed: number, trace?: (line: string) => void): Promise<Outcome> {
  const simulation = new Simulation(seed, trace);
  try {
    await simulation.run();
  } catch (error) {
    throw new Error(`seed ${seed} fails. Replay it: SEED=${seed} npx jest test/simulation.test.ts`, { cause: error });
  }
  return simulation.outcome;
}

const { SEED } = process.env;

if (SEED !== undefined) {
  it(`keeps its promises in the run of seed ${SEED}`, () => simulate(Number(SEED), (line) => process.stderr.write(`${line}\n`)), 60_000);
} else {
  it(
    `keeps its promises in ${RUNS} random runs with failures and crashes`,
    async () => {
      const total: Outcome = { appended: 0, failed: 0, crashes: 0, damaged: 0, cut: 0, survivedPowerLoss: 0 };
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
        const outcome = await simulate(seed);
        for (const key of Object.keys(total) as (keyof Outcome)[]) total[key] += outcome[key];
      }
      // The runs are worth something only if all of this happens in them.
      for (const happened of Object.values(total)) expect(happened).toBeGreaterThan(RUNS / 20);
    },
    60_000 + 60 * RUNS,
  );
}
