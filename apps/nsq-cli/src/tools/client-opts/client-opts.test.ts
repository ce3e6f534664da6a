import { clientOptFlag } from './client-opt-flag.js';
import { consumerOptions, producerOptions } from './client-options.js';
import type { ClientSettings } from './client-settings.js';

function settings(...texts: string[]): ClientSettings {
  const { type } = clientOptFlag('consumer-opt');
  return texts.reduce<ClientSettings>((previous, text) => type.fromFlag(text, previous), {});
}

it('adds options up, with - for _, and true where no value is', () => {
  expect(settings('max-attempts,7', 'tls_v1', 'read_timeout,1m', 'max_attempts,8', 'sample_rate,0', 'auth_secret,a,b')).toEqual({
    max_attempts: 8,
    tls_v1: true,
    read_timeout: 60_000,
    sample_rate: 0,
    auth_secret: 'a,b',
  });
});

it.each([
  ['bogus,1', 'invalid option bogus'],
  ['constructor,1', 'invalid option constructor'],
  ['read_timeout,10ms', 'invalid read_timeout ! 10ms < 100ms'],
  ['max_attempts,65536', 'invalid max_attempts ! 65536 > 65535'],
  ['read_timeout,500', 'failed to coerce option read_timeout (500) - time: missing unit in duration "500"'],
  ['max_attempts', 'failed to coerce option max_attempts (true) - not a number'],
  ['snappy,perhaps', 'failed to coerce option snappy (perhaps) - not true or false'],
  ['backoff_strategy,none', 'failed to coerce option backoff_strategy (none) - one of exponential, full_jitter'],
])('refuses %s', (text, message) => {
  expect(() => settings(text)).toThrow(message);
});

it("has the defaults of the reference's client", () => {
  expect(consumerOptions({}, 'nsq_tail')).toEqual({
    userAgent: 'nsq_tail/1.3.0 go-nsq/1.1.0',
    heartbeatInterval: 30_000,
    silenceTimeout: 60_000,
    dialTimeout: 1_000,
    connectTimeout: 61_000,
    maxFrameBytes: 2 ** 31 - 5,
    maxAttempts: 5,
    backoff: { strategy: 'exponential', multiplier: 1_000, max: 120_000 },
    reconnect: { initialDelay: 200, maxDelay: 10_000 },
    discovery: { interval: 60_000, jitter: 0.3, timeout: 60_000 },
  });
});

it('hands on what was given', () => {
  const given = settings('auth_secret,s', 'backoff_multiplier,0', 'local_addr,127.0.0.1:0', 'deflate', 'deflate_level,3', 'msg_timeout,5s');
  expect(consumerOptions(given, 't')).toMatchObject({
    authSecret: 's',
    discovery: { token: 's' },
    backoff: { max: 0 },
    localAddress: '127.0.0.1',
    localPort: 0,
    deflate: 3,
    msgTimeout: 5_000,
  });
  expect(consumerOptions(settings('auth_secret,s', 'skip_lookupd_authorization,false'), 't').discovery).not.toHaveProperty('token');
  expect(producerOptions(settings('tls_v1', 'tls_insecure_skip_verify', 'tls_min_version,tls1.2'), 't').tls).toEqual({
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
});

it('refuses what does not go together', () => {
  expect(() => consumerOptions(settings('heartbeat_interval,10h'), 't')).toThrow(
    'HeartbeatInterval 10h0m0s must be less than ReadTimeout 1m0s',
  );
  expect(() => producerOptions(settings('tls_v1', 'tls_cert,/nowhere'), 't')).toThrow('tls_cert and tls_key go together');
  expect(() => producerOptions(settings('tls_v1', 'tls_root_ca_file,/nowhere'), 't')).toThrow(/^cannot read \/nowhere: /);
  expect(() => producerOptions(settings('local_addr,here'), 't')).toThrow('local_addr here: write IP:PORT');
});
