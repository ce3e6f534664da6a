import { fuzz, TARGETS, type FuzzOptions } from '../src/fuzz/fuzz.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = 25;

async function expectOrder(options: Omit<FuzzOptions, 'seed'>): Promise<void> {
  const { failure, heard } = await fuzz({ ...options, seed: SEED });
  const again = `node tools/e2e/dist/fuzz.js --seed ${SEED} --cases ${options.end ?? 0}`;
  expect({ again, failure }).toEqual({ again, failure: null });
  // The attacks do get through.
  for (const [target, { responses, errors }] of heard) {
    expect({ target, responses: responses > 0, errors: errors > 0 }).toEqual({ target, responses: true, errors: true });
  }
  expect([...heard.keys()]).toEqual(options.targets);
}

it(
  'stays in order whatever comes in, through whatever layers',
  () => expectOrder({ targets: TARGETS, end: ROUNDS * TARGETS.length }),
  120_000,
);
