import path from 'node:path';

export type Program = 'nsqd' | 'nsqlookupd';

/** One daemon that is to run. */
export interface DaemonPlan {
  /** Unique in the stack: `nsqd-1`. */
  readonly name: string;
  readonly program: Program;
  readonly host: string;
  /** 0 for any free one. */
  readonly tcpPort: number;
  readonly httpPort: number;
  /** Its data folder; null for a daemon that stores nothing. */
  readonly dataPath: string | null;
  /** Further flags. */
  readonly flags: readonly string[];
}

export interface StackPlan {
  readonly lookupds: readonly DaemonPlan[];
  /** Started when the lookupds are there: their addresses are to be added to the flags. */
  readonly nsqds: readonly DaemonPlan[];
}

export interface StackOptions {
  readonly nsqd: number;
  readonly lookupd: number;
  /** Folder of the data folders. */
  readonly data: string;
  /** Where the daemons listen. */
  readonly host: string;
  /** What they tell others; undefined for what they choose themselves. */
  readonly broadcastAddress?: string | undefined;
  /** Any free ports in place of the usual ones. */
  readonly anyPorts?: boolean;
  readonly durability?: string | undefined;
  readonly nsqdFlag?: readonly string[];
  readonly nsqlookupdFlag?: readonly string[];
}

const FIRST_NSQD_PORT = 4150;
const FIRST_NSQLOOKUPD_PORT = 4160;
/** From the ports of one daemon to those of the next of its kind. */
const PORT_STEP = 100;
/** More daemons of a kind have no ports left that follow the rule. */
export const MAX_DAEMONS = 600;

/** Which daemons a stack has: the usual ports for the first of a kind, 100 more for each further one. */
export function planStack(options: StackOptions): StackPlan {
  const { data, durability, nsqdFlag = [], nsqlookupdFlag = [] } = options;
  const own = durability === undefined ? [] : [`--durability=${durability}`];
  const nsqds = plansOf('nsqd', options.nsqd, FIRST_NSQD_PORT, options, (name) => path.resolve(data, name), [...own, ...nsqdFlag]);
  return {
    lookupds: plansOf('nsqlookupd', options.lookupd, FIRST_NSQLOOKUPD_PORT, options, () => null, nsqlookupdFlag),
    // By themselves all of one host would choose the same id, and it is what keeps their message ids apart.
    nsqds: nsqds.map((plan, index) => ({ ...plan, flags: [`--node-id=${index + 1}`, ...plan.flags] })),
  };
}

function plansOf(
  program: Program,
  count: number,
  firstPort: number,
  { host, anyPorts = false, broadcastAddress = broadcastOf(host) }: StackOptions,
  dataPathOf: (name: string) => string | null,
  flags: readonly string[],
): DaemonPlan[] {
  const broadcast = broadcastAddress === undefined ? [] : [`--broadcast-address=${broadcastAddress}`];
  return Array.from({ length: count }, (_, index) => {
    const name = `${program}-${index + 1}`;
    const tcpPort = firstPort + index * PORT_STEP;
    return {
      name,
      program,
      host,
      tcpPort: anyPorts ? 0 : tcpPort,
      httpPort: anyPorts ? 0 : tcpPort + 1,
      dataPath: dataPathOf(name),
      flags: [...broadcast, ...flags],
    };
  });
}

/** An address that clients can use; a wildcard is none, then the daemon's own choice, the host name, is best. */
function broadcastOf(host: string): string | undefined {
  return host === '0.0.0.0' || host === '::' || host === '' ? undefined : host;
}

/** The daemon's command line, without the program. */
export function flagsOf(plan: DaemonPlan): string[] {
  const host = plan.host.includes(':') ? `[${plan.host}]` : plan.host;
  return [
    `--tcp-address=${host}:${plan.tcpPort}`,
    `--http-address=${host}:${plan.httpPort}`,
    ...(plan.dataPath === null ? [] : [`--data-path=${plan.dataPath}`]),
    ...plan.flags,
  ];
}
