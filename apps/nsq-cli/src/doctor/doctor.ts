import { stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { formatHostPort, NsqdHttpClient, NsqlookupdHttpClient, type NsqdStats } from '@nsq/client';
import { httpAddressOf } from '../addresses.js';
import { Cluster, type Node } from '../cluster/cluster.js';
import { explain } from '../failure.js';
import { isAborted, pause } from '../interrupt.js';
import { totalsOf } from '../stat/totals.js';
import { fail, ok, warn, type Check } from './check.js';
import { examine, reachable } from './daemon-checks.js';
import { diskCheck } from './disk-check.js';
import { queueChecks } from './queue-checks.js';

export interface DoctorSetup {
  readonly lookupds: readonly string[];
  readonly nsqds: readonly string[];
  /** Nobody has named them: those that are not there do not count, as long as one is. */
  readonly optional: boolean;
  /** Data folders to look at. */
  readonly data: readonly string[];
  /** How long to watch the queues, milliseconds. */
  readonly watch: number;
}

/** Goes from one check to the next, and tells of each when it is done. */
export class Doctor {
  readonly #setup: DoctorSetup;
  readonly #tell: (check: Check) => Promise<void>;
  /** Versions by daemon. */
  readonly #versions = new Map<string, string>();

  constructor(setup: DoctorSetup, tell: (check: Check) => Promise<void>) {
    this.#setup = setup;
    this.#tell = tell;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { data } = this.#setup;
    const lookupds = await this.#lookupds();
    const told = lookupds.length === 0 ? [] : await this.#told(lookupds);
    if (isAborted(signal)) return;
    const nodes = await this.#nodes(told, lookupds);
    if (lookupds.length === 0 && nodes.length === 0 && this.#setup.optional) {
      await this.#tell(
        fail('stack', 'nothing runs on the usual ports of this machine; start it with nsq up, or name it with --lookupd or --nsqd'),
      );
    }
    await this.#compareVersions();
    const folders = data.length > 0 ? data : await localDataPaths(nodes);
    for (const folder of folders) await this.#tell(await diskCheck(folder));
    if (!isAborted(signal)) await this.#queues(nodes, signal);
  }

  /** Those that answer. */
  async #lookupds(): Promise<NsqlookupdHttpClient[]> {
    const { lookupds, optional } = this.#setup;
    const alive: NsqlookupdHttpClient[] = [];
    for (const address of lookupds) {
      const client = new NsqlookupdHttpClient(address);
      const { checks, version } = await examine('nsqlookupd', client, urlOf(address));
      if (version !== null) {
        alive.push(client);
        this.#versions.set(`nsqlookupd ${client.address}`, version);
      } else if (optional) {
        await this.#tell(warn(`nsqlookupd ${client.address}`, 'none is there; consumers that look for topics need one'));
        continue;
      }
      for (const check of checks) await this.#tell(check);
    }
    return alive;
  }

  /** The nsqds that the nsqlookupds know; each has to be known to all of them. */
  async #told(lookupds: readonly NsqlookupdHttpClient[]): Promise<readonly Node[]> {
    const { nodes } = await new Cluster(
      lookupds.map(({ address }) => address),
      [],
    ).nodes();
    if (nodes.length === 0) await this.#tell(warn('nsqlookupd', 'no nsqd is registered; start one with --lookupd-tcp-address'));
    for (const lookupd of lookupds) {
      const known = new Set((await lookupd.nodes()).map((node) => formatHostPort(node.broadcast_address, node.http_port)));
      for (const { address } of nodes) {
        if (!known.has(address)) {
          await this.#tell(
            warn(
              `nsqlookupd ${lookupd.address}`,
              `does not know nsqd ${address}, which another one knows; check its --lookupd-tcp-address`,
            ),
          );
        }
      }
    }
    return nodes;
  }

  /** Looks at all nsqds. @returns those that answer */
  async #nodes(told: readonly Node[], lookupds: readonly NsqlookupdHttpClient[]): Promise<Node[]> {
    const alive: Node[] = [];
    for (const node of told) if (await this.#node(node)) alive.push(node);
    const seen = new Set(await Promise.all(alive.map(identityOf)));
    for (const nsqd of this.#setup.nsqds) {
      const http = new NsqdHttpClient(httpAddressOf(nsqd));
      const node: Node = { address: http.address, http, told: null };
      const identity = await identityOf(node);
      if (identity !== null && seen.has(identity)) continue;
      if (identity === null && this.#setup.optional) {
        if (alive.length === 0 && lookupds.length > 0) await this.#tell(warn(`nsqd ${node.address}`, 'none is there'));
        continue;
      }
      if (!(await this.#node(node))) continue;
      alive.push(node);
      if (lookupds.length > 0)
        await this.#tell(warn(`nsqd ${node.address}`, 'no nsqlookupd knows it; start it with --lookupd-tcp-address'));
    }
    return alive;
  }

  /** Whether it answers at all. */
  async #node({ address, http, told }: Node): Promise<boolean> {
    const subject = `nsqd ${address}`;
    const { checks, version } = await examine('nsqd', http, urlOf(http.address));
    for (const check of checks) await this.#tell(check);
    if (told !== null) {
      const { broadcast_address: host, tcp_port: port } = told;
      const problem = await reachable(host, port);
      const at = formatHostPort(host, port);
      const advice = "clients on this machine cannot use it; check nsqd's --broadcast-address and --broadcast-tcp-port";
      await this.#tell(
        problem === null ? ok(subject, `clients reach it at ${at}`) : fail(subject, `not reachable at ${at} (${problem}): ${advice}`),
      );
    }
    if (version === null) return false;
    this.#versions.set(subject, version);
    return true;
  }

  async #compareVersions(): Promise<void> {
    const all = new Set(this.#versions.values());
    if (this.#versions.size < 2) return;
    if (all.size === 1) await this.#tell(ok('versions', 'all daemons have the same'));
    else {
      const which = [...this.#versions].map(([daemon, version]) => `${daemon} ${version}`).join(', ');
      await this.#tell(warn('versions', `they differ: ${which}`));
    }
  }

  async #queues(nodes: readonly Node[], signal: AbortSignal): Promise<void> {
    if (nodes.length === 0) return;
    const startedAt = performance.now();
    try {
      const before = totalsOf(await statsOf(nodes));
      await pause(this.#setup.watch, signal);
      if (signal.aborted) return;
      const after = totalsOf(await statsOf(nodes));
      const checks = queueChecks(before, after, (performance.now() - startedAt) / 1000);
      for (const check of checks) await this.#tell(check);
      if (checks.length === 0) await this.#tell(ok('queues', 'nothing waits without a consumer'));
    } catch (error) {
      await this.#tell(fail('queues', explain(error)));
    }
  }
}

const statsOf = (nodes: readonly Node[]): Promise<NsqdStats[]> =>
  Promise.all(nodes.map(({ http }) => http.stats({ includeClients: false, includeMemory: false })));

const urlOf = (address: string): string => (/^https?:/.test(address) ? address : `http://${address}`);

/** The same for two addresses of one daemon; null when it does not answer. */
async function identityOf({ http }: Node): Promise<string | null> {
  try {
    const { broadcast_address, tcp_port, http_port, start_time } = await http.info();
    return [broadcast_address, tcp_port, http_port, start_time].join(' ');
  } catch {
    return null;
  }
}

/** Data folders of those nsqds that run on this machine, as far as they tell. */
async function localDataPaths(nodes: readonly Node[]): Promise<string[]> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));
  const folders = new Set<string>();
  for (const { address, http } of nodes) {
    const host = new URL(urlOf(address)).hostname.replace(/^\[|\]$/g, '');
    if (!own.has(host) && host !== 'localhost') continue;
    const folder = await http.config('data_path').catch(() => '');
    if (folder.startsWith('/') && (await isFolder(folder))) folders.add(folder);
  }
  return [...folders];
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}
