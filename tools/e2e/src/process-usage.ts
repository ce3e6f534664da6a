import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const MICROS_PER_TICK = 1_000_000 / 100; // USER_HZ is 100 on every Linux that Node runs on
const UTIME = 11; // fields 14 and 15 of /proc/PID/stat; the first behind the name is field 3
const STIME = 12;

/** CPU time of a process so far, user and system, microseconds in steps of 10,000; NaN where there is no /proc. */
export function cpuMicros(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[UTIME]) + Number(fields[STIME])) * MICROS_PER_TICK;
  } catch {
    return NaN;
  }
}

/** Most memory a process has held since its start or the last `resetPeakMemory`, bytes; NaN where there is no /proc. */
export function peakMemory(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

function statusBytes(pid: number, name: string): number {
  try {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kib) * 1024;
  } catch {
    return NaN;
  }
}

/** Lets the peak begin again at what is held now; without the right to do so it stays as it is. */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Another user's daemon: its peak is that of its whole life.
  }
}

/** Memory that a process holds now, bytes; NaN where there is no /proc. */
export function residentMemory(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

/** Open file descriptors of a process; NaN where there is no /proc. */
export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return NaN;
  }
}
