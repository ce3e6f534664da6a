import { InvalidArgumentError, Option, type Command } from 'commander';
import { NsqdHttpClient, NsqlookupdHttpClient, formatHostPort, parseAddress } from '@nsq/client';

/** What a command was told of where the daemons are. */
export interface AddressOptions {
  readonly nsqd?: readonly string[];
  readonly lookupd?: readonly string[];
}

/** Which kind of daemon a command asks by itself when both would do. */
export type Preference = 'nsqd' | 'lookupd';

/** Where to go: one of the lists is empty. */
export interface Targets {
  readonly nsqds: readonly string[];
  readonly lookupds: readonly string[];
}

export const DEFAULT_NSQD = '127.0.0.1:4150';
export const DEFAULT_LOOKUPD = 'http://127.0.0.1:4161';
const PROBE_TIMEOUT_MS = 2_000;

/** Adds `--nsqd` and `--lookupd`, of which one kind can be given. */
export function addAddressOptions<T extends Command>(command: T, preference: Preference): T {
  const byDefault = preference === 'nsqd' ? `default: $NSQ_NSQD or ${DEFAULT_NSQD}` : 'default: $NSQ_NSQD';
  const otherwise = preference === 'lookupd' ? `default: $NSQ_LOOKUPD or ${DEFAULT_LOOKUPD}` : 'default: $NSQ_LOOKUPD';
  command
    .addOption(
      new Option(
        '--nsqd <address>',
        `an nsqd: host:port for clients, HTTP on the next port, or http://host:port (repeatable; ${byDefault})`,
      )
        .argParser(collect(checkNsqd))
        .conflicts('lookupd'),
    )
    .addOption(
      new Option(
        '--lookupd <address>',
        `an nsqlookupd, which knows the nsqds: its HTTP host:port or URL (repeatable; ${otherwise})`,
      ).argParser(collect(checkLookupd)),
    );
  return command;
}

const collect =
  (check: (text: string) => string) =>
  (value: string, all: readonly string[] = []): readonly string[] => [...all, check(value)];

/**
 * What was chosen: by flags, else by the environment, else the usual ports of this machine. `lookupd` by default means the nsqd when no nsqlookupd
 * listens there.
 * @throws {InvalidArgumentError} for an address in the environment that is none
 */
export async function resolveTargets(
  { nsqd = [], lookupd = [] }: AddressOptions,
  preference: Preference,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Targets> {
  const chosen = nsqd.length + lookupd.length > 0 ? { nsqds: nsqd, lookupds: lookupd } : fromEnvironment(preference, env);
  if (chosen !== null) return chosen;
  if (preference === 'nsqd' || !(await answers(DEFAULT_LOOKUPD))) return { nsqds: [DEFAULT_NSQD], lookupds: [] };
  return { nsqds: [], lookupds: [DEFAULT_LOOKUPD] };
}

function fromEnvironment(preference: Preference, env: NodeJS.ProcessEnv): Targets | null {
  const nsqds = listOf('NSQ_NSQD', env, checkNsqd);
  const lookupds = listOf('NSQ_LOOKUPD', env, checkLookupd);
  if (nsqds.length + lookupds.length === 0) return null;
  const useNsqds = preference === 'nsqd' ? nsqds.length > 0 : lookupds.length === 0;
  return useNsqds ? { nsqds, lookupds: [] } : { nsqds: [], lookupds };
}

function listOf(name: string, env: NodeJS.ProcessEnv, check: (text: string) => string): string[] {
  const texts = (env[name] ?? '').split(/[\s,]+/).filter((text) => text !== '');
  return texts.map((text) => {
    try {
      return check(text);
    } catch (error) {
      throw new InvalidArgumentError(`${name}: ${(error as Error).message}`);
    }
  });
}

async function answers(lookupd: string): Promise<boolean> {
  try {
    await new NsqlookupdHttpClient(lookupd, { timeout: PROBE_TIMEOUT_MS }).ping();
    return true;
  } catch {
    return false;
  }
}

/** Where an nsqd of `--nsqd` has its HTTP API. A path is that of the socket itself. */
export function httpAddressOf(nsqd: string): string {
  if (isUrl(nsqd)) return nsqd;
  const { host, port, text } = parseAddress(nsqd);
  return host === undefined || port === undefined ? text : formatHostPort(host, port + 1);
}

/** Where it has clients: an nsqd that is named by its URL is asked. @throws {NsqError} */
export async function tcpAddressOf(nsqd: string): Promise<string> {
  if (!isUrl(nsqd)) return nsqd;
  const { tcp_port } = await new NsqdHttpClient(nsqd).info();
  return formatHostPort(new URL(nsqd).hostname.replace(/^\[|\]$/g, ''), tcp_port);
}

const isUrl = (text: string): boolean => /^https?:\/\//.test(text);

function checkNsqd(text: string): string {
  return checked(text, () => {
    new NsqdHttpClient(httpAddressOf(text));
  });
}

function checkLookupd(text: string): string {
  return checked(text, () => {
    new NsqlookupdHttpClient(text);
  });
}

function checked(text: string, check: () => void): string {
  try {
    check();
  } catch {
    throw new InvalidArgumentError(`${JSON.stringify(text)} is no address: host:port, or http://host:port.`);
  }
  return text;
}
