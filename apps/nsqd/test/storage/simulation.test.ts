import type { Durability } from '../../src/storage/storage-context.js';
import { Outcome } from './load.js';
import { Simulation } from './simulation.js';

const RUNS = Number(process.env['RUNS'] ?? 250);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const { SEED, DURABILITY, VERBOSE } = process.env;

async function simulate(seed: number, durability: Durability): Promise<Outcome> {
  const lines: string[] = [];
  const simulation = new Simulation(seed, durability, (line) => lines.push(line));
  try {
    await simulation.run();
  } catch (error) {
    if (VERBOSE !== undefined) process.stderr.write(`${lines.join('\n')}\n`);
    const replay = `SEED=${seed} DURABILITY=${durability} VERBOSE=1 npx jest test/storage/simulation.test.ts`;
    throw new Error(`seed ${seed} fails: ${error instanceof Error ? error.message : String(error)}. Replay it: ${replay}`, {
      cause: error,
    });
  }
  return simulation.outcome;
}

// A replay names one of them.
const durabilities = (['memory', 'disk', 'fsync'] as const).filter((each) => DURABILITY === undefined || DURABILITY === each);

describe.each<Durability>(durabilities)('with durability %s', (durability) => {
  if (SEED !== undefined) {
    it(`keeps its promises in the run of seed ${SEED}`, () => simulate(Number(SEED), durability), 60_000);
    return;
  }

  it(`keeps its promises in ${RUNS} random runs with failures, stops and crashes`, async () => {
    const total = new Outcome();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const outcome = await simulate(seed, durability);
      for (const key of Object.keys(total) as (keyof Outcome)[]) total[key] += outcome[key];
    }
    // The runs are worth something only if all of this happens in them.
    for (const [what, count] of Object.entries(total)) expect([what, count > RUNS / 20]).toEqual([what, true]);
  }, 600_000);
});
