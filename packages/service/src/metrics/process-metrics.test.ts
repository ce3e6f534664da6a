import { MemoryMonitor } from './memory-stats.js';
import { processMetrics } from './process-metrics.js';
import { ProcessMonitor } from './process-stats.js';
import { metricLabel } from './prometheus-text.js';

it('shows the process, each metric with its header and each sample a number', async () => {
  const process = new ProcessMonitor();
  const memory = new MemoryMonitor();
  try {
    const lines = [...processMetrics(await process.read(), memory.read())].join('').trimEnd().split('\n');
    const names = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(new Set(names).size).toBe(names.length);
    for (const line of lines.filter((text) => !text.startsWith('#'))) {
      const [, name, value] = /^(\w+)(?:\{quantile="[\d.]+"\})? ([-+.e\d]+)$/.exec(line) ?? [];
      expect(names).toContain(name);
      expect(Number(value)).toBeGreaterThanOrEqual(0);
    }
  } finally {
    process.close();
    memory.close();
  }
});

it('escapes what a label may not hold as it is', () => {
  expect(metricLabel('topic', 'a\\b"c\nd')).toBe('topic="a\\\\b\\"c\\nd"');
});
