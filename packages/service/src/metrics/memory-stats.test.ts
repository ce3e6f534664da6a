import fc from 'fast-check';
import { GcPauses, memoryFields, MemoryMonitor, percentile } from './memory-stats.js';

it('reads whole numbers that are not negative, under the names of the reference', () => {
  const monitor = new MemoryMonitor();
  try {
    const fields = memoryFields(monitor.read());
    expect(fields.map(([name]) => name)).toEqual([
      'heap_objects',
      'heap_idle_bytes',
      'heap_in_use_bytes',
      'heap_released_bytes',
      'gc_pause_usec_100',
      'gc_pause_usec_99',
      'gc_pause_usec_95',
      'next_gc_bytes',
      'gc_total_runs',
    ]);
    for (const [, value] of fields) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
    expect(monitor.read().heapInUseBytes).toBeGreaterThan(0);
  } finally {
    monitor.close();
  }
});

it('keeps the last 256 pauses and counts them all', () => {
  const pauses = new GcPauses();
  for (let i = 1; i <= 300; i++) pauses.add(i / 1000);
  expect(pauses.total).toBe(300);
  expect(pauses.sorted()).toEqual(Array.from({ length: 256 }, (_, i) => i + 45));
});

it.each([
  [[], 100, 0],
  [[7], 95, 7],
  [[1, 2, 3, 4], 100, 4],
  [[1, 2, 3, 4], 50, 3],
  [[1, 2, 3, 4], 99, 4],
  [[1, 2, 3, 4], 10, 1],
])('picks from %j at %d percent: %d', (values, percent, expected) => {
  expect(percentile(values, percent)).toBe(expected);
});

it('picks a value that is there', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 0, max: 100 }), (values, percent) => {
      expect(values).toContain(percentile(values, percent));
    }),
  );
});
