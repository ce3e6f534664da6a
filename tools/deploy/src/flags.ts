import { defaultNsqdOptions, nsqdOptionTable } from '@nsq/nsqd';
import { defaultNsqlookupdOptions, nsqlookupdOptionTable } from '@nsq/nsqlookupd';
import { resolveOptions } from '@nsq/options';

const TABLES = { nsqd: nsqdOptionTable, nsqlookupd: nsqlookupdOptionTable };

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1]);
const nsqd = defaultNsqdOptions();
const nsqlookupd = defaultNsqlookupdOptions();

/** Where the daemons listen when nobody says otherwise: TCP, HTTP, HTTPS. */
export const DEFAULT_PORTS = {
  nsqd: [nsqd.tcpAddress, nsqd.httpAddress, nsqd.httpsAddress].map(portOf),
  nsqlookupd: [nsqlookupd.tcpAddress, nsqlookupd.httpAddress].map(portOf),
};

/** What a daemon says of these arguments when it does not run with them; null when it does. */
export function flagsProblem(program: keyof typeof TABLES, argv: readonly string[]): string | null {
  const readFile = (file: string): never => {
    throw new Error(`no ${file}`);
  };
  const resolved = resolveOptions({ program, version: '0', table: TABLES[program], argv: [...argv], readFile });
  return resolved.kind === 'run' ? null : resolved.stderr;
}
