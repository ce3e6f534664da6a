import { readdirSync } from 'node:fs';
import { ProcessMonitor } from './process-stats.js';

it('reads this process', async () => {
  const monitor = new ProcessMonitor();
  try {
    const stats = await monitor.read();
    expect(stats.cpuSeconds).toBeGreaterThan(0);
    expect(Math.abs(stats.startTime - (Date.now() / 1000 - process.uptime()))).toBeLessThan(60);
    expect(stats.residentBytes).toBeGreaterThan(stats.heapUsedBytes);
    expect(stats.heapTotalBytes).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(stats.openFiles).toBeGreaterThanOrEqual(readdirSync('/proc/self/fd').length / 2);
    expect(stats.eventLoopDelay.map(({ quantile }) => quantile)).toEqual([0.5, 0.9, 0.99, 1]);
  } finally {
    monitor.close();
  }
});

it('tells how late the event loop was since the previous reading', async () => {
  const monitor = new ProcessMonitor();
  const worst = async (): Promise<number> => (await monitor.read()).eventLoopDelay.at(-1)?.seconds ?? NaN;
  const ticks = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));
  try {
    await ticks();
    await worst();
    await ticks();
    const end = performance.now() + 300;
    while (performance.now() < end);
    await ticks();
    const blocked = await worst();
    expect(blocked).toBeGreaterThan(0.2);
    await ticks();
    expect(await worst()).toBeLessThan(blocked);
  } finally {
    monitor.close();
  }
});
