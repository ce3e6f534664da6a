import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { within } from '@nsq/e2e';
import type { DaemonImage } from './daemon-image.js';
import { workspaceFile } from './workspace.js';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

const BUNDLES = '/opt/nsq';
const KEPT_CHARS = 256 * 1024;

/**
 * Run by root in new namespaces: makes a root like that of the image, where only the data folder can be written to, and becomes the command in it.
 * Arguments: folder for the root, bundle, data folder (or empty), where that is, node, uid, gid, working folder, then environment and command.
 */
const ENTER = `
set -e
root=$1 bundle=$2 data=$3 at=$4 node=$5 uid=$6 gid=$7 wd=$8
shift 8
mount -t tmpfs -o mode=755 tmpfs "$root"
for folder in usr lib lib64 bin etc dev; do
  if [ -L "/$folder" ]; then cp -a "/$folder" "$root/$folder"
  elif [ -d "/$folder" ]; then mkdir "$root/$folder" && mount --bind "/$folder" "$root/$folder" && mount -o remount,bind,ro "$root/$folder"
  fi
done
mkdir -p "$root/proc" "$root${BUNDLES}" "$root/opt/node"
mount -t proc proc "$root/proc"
mount --bind "$bundle" "$root${BUNDLES}" && mount -o remount,bind,ro "$root${BUNDLES}"
touch "$root/opt/node/node" && mount --bind "$node" "$root/opt/node/node"
if [ -n "$data" ]; then mkdir -p "$root$at" && mount --bind "$data" "$root$at"; fi
mount -o remount,ro "$root"
ip link set lo up
exec chroot "$root" /usr/bin/env -i -C "$wd" PATH=/opt/node:/usr/bin:/bin \\
  /usr/bin/setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all /usr/bin/env "$@"
`;

/** Why this machine cannot run a command as a container would; undefined when it can. Linux and root are needed. */
export function noContainers(): string | undefined {
  const probe = 'command -v chroot setpriv nsenter && ip link set lo up && mount -t tmpfs tmpfs /mnt';
  const { status, error, stderr } = spawnSync('unshare', [...NAMESPACES, 'sh', '-c', probe], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim() || `unshare ended with ${String(status)}`);
}

const NAMESPACES = ['--mount', '--pid', '--net', '--fork', '--kill-child', '--mount-proc'];

/** An image's command as process 1 of namespaces of its own, with the image's user, environment and folders; no image is built for it. */
export class Container {
  readonly ended: Promise<Ended>;
  readonly #image: DaemonImage;
  readonly #child: ChildProcess;
  readonly #root: string;
  #output = '';
  #changed = (): void => undefined;

  /** @param dataFolder what is mounted at the image's volume, if it has one */
  constructor(image: DaemonImage, args: readonly string[], dataFolder: string | undefined) {
    this.#image = image;
    this.#root = mkdtempSync(path.join(tmpdir(), 'nsq-root-'));
    const { name, uid, gid, workingFolder, volumes } = image;
    const environment = Object.entries(image.environment).map(([key, value]) => `${key}=${value}`);
    this.#child = spawn(
      'unshare',
      [
        ...NAMESPACES,
        ...['sh', '-c', ENTER, 'sh', this.#root, workspaceFile(`apps/${name}/bundle`), dataFolder ?? '', volumes[0] ?? ''],
        ...[process.execPath, String(uid), String(gid), workingFolder],
        ...[...environment, ...image.entrypoint, ...args],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const kill = (): void => this.kill();
    process.once('exit', kill);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_CHARS);
        this.#changed();
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        process.removeListener('exit', kill);
        rmSync(this.#root, { recursive: true, force: true });
        resolve({ code, output: this.#output });
      });
    });
  }

  /** Of the daemon, as seen from inside. */
  get httpPort(): number {
    return this.#image.ports[1] ?? 0;
  }

  /** Waits until something is in the log. @throws {Error} with what there is, when it ends or takes too long */
  async logged(pattern: RegExp, timeoutMs = 15_000): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (pattern.test(this.#output)) resolve();
      };
    });
    this.#changed();
    const end = this.ended.then(({ code, output }) => {
      throw new Error(`ended with ${String(code)}\n${output}`);
    });
    await within(timeoutMs, `${String(pattern)} in the log`, Promise.race([seen, end]));
  }

  /** Runs a command beside the daemon, as its user: what an orchestrator does for a health check. */
  async exec(command: readonly string[], timeoutMs = 15_000): Promise<Ended> {
    const { uid, gid } = this.#image;
    const enter = ['--target', String(this.#processOne()), '--mount', '--pid', '--net', '--root', '--wd'];
    const child = spawn(
      'nsenter',
      [...enter, `--setuid=${uid}`, `--setgid=${gid}`, '/usr/bin/env', '-i', 'PATH=/opt/node:/usr/bin:/bin', ...command],
      { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }

  /** Sends a signal to process 1, as `docker stop` does, and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 15_000): Promise<Ended> {
    process.kill(this.#processOne(), signal);
    return within(timeoutMs, `end after ${signal}`, this.ended);
  }

  /** All of it: with process 1 its namespaces end. */
  kill(): void {
    try {
      process.kill(this.#processOne(), 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  /** Its process 1, as this machine numbers it. */
  #processOne(): number {
    const pid = this.#child.pid ?? 0;
    const file = `/proc/${pid}/task/${pid}/children`;
    const children = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (children === '') throw new Error(`it has ended\n${this.#output}`);
    return Number(children.split(' ')[0]);
  }
}
