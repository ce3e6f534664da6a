import { Session } from 'node:inspector/promises';
import { pause } from './pause.js';

/**
 * Samples what the process does for a time.
 * @param signal ends it earlier
 * @returns the content of a `.cpuprofile` file, for the tools of V8
 */
export async function takeCpuProfile(ms: number, signal: AbortSignal): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await pause(ms, signal);
    const { profile } = await session.post('Profiler.stop');
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}
