import type { LogLevel } from '@nsq/options';
import type { Logger } from '@nsq/service';
import { checkNsqdOptions, nsqdOptionTable, type NsqdOptions } from './options.js';
import { loadTls, type LoadedTls } from './tls/load-tls.js';

/** What a running daemon can change. */
export interface ReloadTarget {
  readonly logger: Logger;
  /** At work; those below are written into it. */
  readonly options: NsqdOptions;
  setLogLevel(level: LogLevel): void;
  setLookupdAddresses(addresses: readonly string[]): void;
  /** New certificates, with the policy that was. Connections stay as they are. */
  setTls(loaded: LoadedTls): void;
}

type Name = keyof NsqdOptions;

/** Files whose content may change under the same name. */
const TLS_FILES = ['tlsCert', 'tlsKey', 'tlsRootCaFile'] as const;
const RELOADABLE: ReadonlySet<string> = new Set<Name>(['logLevel', 'nsqlookupdTcpAddresses', ...TLS_FILES]);

/**
 * Carries over to a running daemon what has changed in its configuration since that was last read: log level, addresses of nsqlookupds,
 * certificates. What was set over HTTP meanwhile and has not changed in the configuration stays. A new configuration is taken whole or not
 * at all.
 */
export class Reload {
  readonly #target: ReloadTarget;
  #configured: NsqdOptions;

  /** @param options as they were resolved at the start */
  constructor(target: ReloadTarget, options: NsqdOptions) {
    this.#target = target;
    this.#configured = { ...options };
  }

  /** @returns what is wrong with the configuration; undefined when it has been taken over */
  apply(next: NsqdOptions): string | undefined {
    const { logger, options } = this.#target;
    const { tlsClientAuthPolicy, tlsMinVersion, tlsRequired } = options; // these stay
    const tls = loadTls({ ...next, tlsClientAuthPolicy, tlsMinVersion });
    const problem = checkNsqdOptions({ ...next, tlsClientAuthPolicy, tlsRequired }, tls);
    if (problem !== undefined) return problem;
    const before = this.#configured;
    this.#configured = { ...next };
    const changed = (Object.keys(nsqdOptionTable) as Name[]).filter((name) => !same(before[name], next[name]));
    for (const name of changed) {
      if (!RELOADABLE.has(name)) logger.warn(`RELOAD: ${shown(name)} has changed, which takes a restart`);
    }
    if (changed.includes('logLevel')) {
      options.logLevel = next.logLevel;
      this.#target.setLogLevel(next.logLevel);
    }
    if (changed.includes('nsqlookupdTcpAddresses')) {
      options.nsqlookupdTcpAddresses = next.nsqlookupdTcpAddresses;
      this.#target.setLookupdAddresses(next.nsqlookupdTcpAddresses);
    }
    if (hasCertificate(options) === hasCertificate(next)) {
      for (const name of TLS_FILES) options[name] = next[name];
      this.#target.setTls(tls);
    } else {
      logger.warn('RELOAD: TLS is switched on or off, which takes a restart');
    }
    logger.info('RELOAD: configuration and certificates are read again');
    return undefined;
  }
}

function hasCertificate({ tlsCert, tlsKey }: NsqdOptions): boolean {
  return tlsCert !== '' || tlsKey !== '';
}

function shown(name: Name): string {
  const { flag, key } = nsqdOptionTable[name];
  return flag === null ? (key ?? name) : `--${flag}`;
}

function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((item, i) => item === b[i]) : a === b;
}
