import { crashRounds, type CrashOptions } from '../src/crash/crash-rounds.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 50);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const SMALL_MS = 60;

/** Runs rounds, says what they were, and expects that nothing was lost and no rule broken. */
async function expectSafe(options: Omit<CrashOptions, 'seed' | 'maxRunMs'>): Promise<void> {
  const report = await crashRounds({ ...options, seed: SEED, maxRunMs: SMALL_MS });
  const { rounds, seconds, acknowledged, delivered, repeated, lost, violations, storedBytes } = report;
  process.stdout.write(
    `seed ${SEED}, ${options.durability}: ${rounds} x ${options.signal} in ${seconds.toFixed(1)} s, ` +
      `acknowledged ${acknowledged}, delivered ${delivered}, repeated ${repeated}, lost ${lost.length}\n`,
  );
  expect({ seed: SEED, violations, lost }).toEqual({ seed: SEED, violations: [], lost: [] });
  expect(acknowledged).toBeGreaterThan(rounds);
  // With nothing left to deliver, only the last segments and their company stay: segments have 64 KiB, a large message 40 KB.
  expect(storedBytes).toBeLessThan(512 * 1024);
}

it(
  'delivers all that was acknowledged to every channel, however often the process is killed',
  async () => {
    // Side by side: a start is mostly waiting for one CPU.
    const outcomes = await Promise.allSettled(
      (['disk', 'fsync'] as const).map((durability) => expectSafe({ durability, signal: 'SIGKILL', rounds: ROUNDS })),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  },
  120_000 + ROUNDS * 2_000,
);

it(
  'loses and repeats nothing over clean restarts with a queue in memory that is larger than the window',
  () => expectSafe({ durability: 'memory', signal: 'SIGTERM', rounds: 8, flags: ['--mem-queue-size=100'] }),
  120_000,
);
