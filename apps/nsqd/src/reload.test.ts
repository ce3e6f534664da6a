import { Logger } from '@nsq/service';
import { defaultNsqdOptions, type NsqdOptions } from './options.js';
import { Reload, type ReloadTarget } from './reload.js';

const lines: string[] = [];
const calls: string[] = [];

function target(options: NsqdOptions): ReloadTarget {
  return {
    logger: new Logger({ write: (line) => lines.push(line.replace(/^\S+ \S+ /, '').trimEnd()) }),
    options,
    setLogLevel: (level) => calls.push(`level ${level}`),
    setLookupdAddresses: (list) => calls.push(`lookupd ${list.join()}`),
    setTls: () => calls.push('tls'),
  };
}

function reloading(differs: Partial<NsqdOptions> = {}) {
  lines.length = 0;
  calls.length = 0;
  const options = { ...defaultNsqdOptions(), ...differs };
  return { options, reload: new Reload(target(options), options) };
}

const DONE = 'INFO: RELOAD: configuration and certificates are read again';

it('reads certificates again although nothing has changed', () => {
  const { options, reload } = reloading();
  expect(reload.apply({ ...options })).toBeUndefined();
  expect([calls, lines]).toEqual([['tls'], [DONE]]);
});

it('applies what has changed since the last time, once', () => {
  const { options, reload } = reloading();
  const next = { ...options, logLevel: 'debug', nsqlookupdTcpAddresses: ['a:1', 'b:2'] } as const;
  expect(reload.apply({ ...next })).toBeUndefined();
  expect(calls).toEqual(['level debug', 'lookupd a:1,b:2', 'tls']);
  expect(options).toMatchObject({ logLevel: 'debug', nsqlookupdTcpAddresses: ['a:1', 'b:2'] });
  options.logLevel = 'error'; // over HTTP
  expect(reload.apply({ ...next, nsqlookupdTcpAddresses: ['a:1', 'b:2'] })).toBeUndefined();
  expect(calls.slice(3)).toEqual(['tls']);
});

it('is not misled by what the daemon settles for itself', () => {
  const { options, reload } = reloading();
  options.broadcastTcpPort = 4150;
  reload.apply({ ...options, broadcastTcpPort: 0 });
  expect(lines).toEqual([DONE]);
});

it('says what takes a restart, each time that it changes', () => {
  const { options, reload } = reloading();
  const next = { ...options, maxRdyCount: 1, authHttpAddresses: ['a:1'] };
  reload.apply(next);
  reload.apply({ ...next });
  const warning = (flag: string): string => `WARNING: RELOAD: ${flag} has changed, which takes a restart`;
  expect(lines).toEqual([warning('--auth-http-address'), warning('--max-rdy-count'), DONE, DONE]);
  expect(options).toMatchObject({ maxRdyCount: 2500, authHttpAddresses: [] });
});

it('takes nothing of a configuration that cannot work', () => {
  const { options, reload } = reloading();
  expect(reload.apply({ ...options, logLevel: 'debug', maxDeflateLevel: 0 })).toBe('--max-deflate-level must be [1,9]');
  expect(reload.apply({ ...options, logLevel: 'debug', tlsRootCaFile: '/no/such' })).toMatch(
    /^failed to build client TLS config - open \/no\/such/,
  );
  expect([calls, lines, options.logLevel]).toEqual([[], [], 'info']);
  expect(reload.apply({ ...options, logLevel: 'debug' })).toBeUndefined();
  expect(calls).toEqual(['level debug', 'tls']);
});
