import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemErrorText } from '@nsq/service';

/** A data folder that is ours until it is released or the process ends. */
export interface DataPathLock {
  /** Lets others have the folder. Does nothing the second time. */
  release(): void;
}

export interface FlockResult {
  readonly status: number | null;
  readonly stderr: string;
  readonly error?: Error | undefined;
}

/** Runs flock(1), without waiting, on the open folder `fd`. */
export type RunFlock = (fd: number) => FlockResult;

const LOCK_FILE = 'nsqd.lock';
const FLOCK_TIMEOUT_MS = 5000;
const FLOCK_CONFLICT = 1;

/**
 * Locks a data folder against other instances of nsqd, the reference among them, and against a second one in this process.
 *
 * The lock is flock(2) on the folder itself, as the reference takes it. Node cannot ask for it, but such a lock belongs to the open file
 * and not to the process: flock(1) takes it on a descriptor it inherits from us, ends, and leaves it to us until the descriptor is
 * closed or this process dies, however it dies. Where there is no flock(1), or no such lock on a folder, the file `nsqd.lock` in the
 * folder stands for it; that keeps out those instances only that honour it, as all of this program do.
 *
 * @param dir must exist; empty means the working directory
 * @throws {Error} `failed to lock data-path: …` in the reference's words
 */
export function lockDataPath(dir: string, runFlock: RunFlock = spawnFlock): DataPathLock {
  const folder = dir === '' ? process.cwd() : dir;
  const fd = openFolder(folder);
  if (fd === undefined) return lockByFile(folder);
  let locked = false;
  try {
    if (!flock(folder, fd, runFlock)) return lockByFile(folder);
    const owner = readOwner(path.join(folder, LOCK_FILE));
    if (owner !== undefined && fate(owner) !== 'dead') throw inUse(folder);
    locked = true;
  } finally {
    if (!locked) fs.closeSync(fd);
  }
  return once(() => fs.closeSync(fd));
}

/** Undefined where the platform cannot open a folder. */
function openFolder(folder: string): number | undefined {
  try {
    if (!fs.statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR', errno: -os.constants.errno.ENOTDIR });
    return fs.openSync(folder, 'r');
  } catch (error) {
    if (process.platform === 'win32' && ['EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) return undefined;
    throw failed(`open ${folder}: ${systemErrorText(error)}`, error);
  }
}

function spawnFlock(fd: number): FlockResult {
  return spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8', timeout: FLOCK_TIMEOUT_MS });
}

/** False when there is no such lock here. */
function flock(folder: string, fd: number, run: RunFlock): boolean {
  const { status, stderr, error } = run(fd);
  if (error !== undefined) {
    if (['ENOENT', 'EACCES'].includes(codeOf(error) ?? '')) return false;
    throw failed(`cannot flock directory ${folder} - ${systemErrorText(error)}`, error);
  }
  if (status === 0) return true;
  if (status === null) throw failed(`cannot flock directory ${folder} - flock was killed`);
  if (status === FLOCK_CONFLICT && stderr === '') throw inUse(folder);
  return false;
}

/** Who holds a lock file. What names a process beyond its number is '' where the platform does not tell. */
interface Owner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  readonly boot: string;
  readonly namespace: string;
  readonly started: string;
}

function lockByFile(folder: string): DataPathLock {
  const file = path.join(folder, LOCK_FILE);
  const mine = identity();
  try {
    if (!create(file, mine)) takeOver(folder, file, mine);
  } catch (error) {
    if (error instanceof LockFailure) throw error;
    throw failed(`cannot create ${file} - ${systemErrorText(error)}`, error);
  }
  return once(() => {
    if (readOwner(file)?.token === mine.token) fs.unlinkSync(file);
  });
}

/** Replaces the lock file of a dead process. Two that try at the same time are kept apart by a second file. */
function takeOver(folder: string, file: string, mine: Owner): void {
  const guard = `${file}.takeover`;
  if (!create(guard, mine)) throw failed(`another instance of nsqd is taking over ${file}; remove ${guard} if there is none`);
  try {
    const owner = readOwner(file);
    if (owner !== undefined) {
      const state = fate(owner);
      if (state === 'alive') throw inUse(folder);
      if (state === 'unknown') {
        throw failed(
          `${file} belongs to process ${owner.pid} on ${owner.host}, which cannot be seen from here; remove it if that has ended`,
        );
      }
      fs.unlinkSync(file);
    }
    if (!create(file, mine)) throw inUse(folder);
  } finally {
    fs.unlinkSync(guard);
  }
}

/** False when the file exists. Where there are hard links, nobody ever sees it without its content. */
function create(file: string, owner: Owner): boolean {
  const temporary = `${file}.${owner.token}.tmp`;
  try {
    const content = JSON.stringify(owner);
    fs.writeFileSync(temporary, content, { flag: 'wx', mode: 0o600, flush: true });
    try {
      fs.linkSync(temporary, file);
    } catch (error) {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error) ?? '')) throw error;
      fs.writeFileSync(file, content, { flag: 'wx', mode: 0o600, flush: true }); // no hard links here
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Undefined when there is no lock file. */
function readOwner(file: string): Owner | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw failed(`open ${file}: ${systemErrorText(error)}`, error);
  }
  try {
    const { token, pid, host, boot, namespace, started } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    return {
      token: String(token),
      pid: Number(pid),
      host: String(host),
      boot: String(boot),
      namespace: String(namespace),
      started: String(started),
    };
  } catch (error) {
    throw failed(`${file} cannot be read; remove it if no other instance of nsqd uses the folder`, error);
  }
}

/** `unknown` when the process is of another host or container. */
function fate(owner: Owner): 'alive' | 'dead' | 'unknown' {
  const here = identity();
  if (owner.host !== here.host) return 'unknown';
  if (owner.boot !== here.boot) return owner.boot === '' || here.boot === '' ? 'unknown' : 'dead';
  if (owner.namespace !== here.namespace || !Number.isSafeInteger(owner.pid) || owner.pid <= 0) return 'unknown';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return 'dead';
  }
  // The number may have been given to another process since.
  return startOf(owner.pid) === owner.started ? 'alive' : 'dead';
}

function identity(): Owner {
  return {
    token: randomUUID(),
    pid: process.pid,
    host: os.hostname(),
    boot: textOf(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: textOf(() => fs.readlinkSync('/proc/self/ns/pid')),
    started: startOf(process.pid),
  };
}

/** When a process started, in ticks since the boot: the 22nd field of its stat line, the 20th after its name in brackets. */
function startOf(pid: number): string {
  return textOf(() => {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

class LockFailure extends Error {}

function failed(reason: string, cause?: unknown): LockFailure {
  return new LockFailure(`failed to lock data-path: ${reason}`, { cause });
}

function inUse(folder: string): LockFailure {
  return failed(`cannot flock directory ${folder} - resource temporarily unavailable (possibly in use by another instance of nsqd)`);
}

function once(release: () => void): DataPathLock {
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      release();
    },
  };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
