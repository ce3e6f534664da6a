import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Nsqd } from '../../src/index.js';
import type { NsqdOptions } from '../../src/options.js';
import { serverCertificate } from '../tcp/certificates.js';
import { loadFixtures, type Fixture } from './fixture.js';
import { optionsFromFlags, type OptionValue } from './flags.js';
import { replay } from './replay.js';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 60_000;

/** `CERT` and `KEY` stand for any pair; a required TLS is a word here. */
function withCertificate(options: Record<string, OptionValue>): Partial<NsqdOptions> {
  if (options['tlsCert'] !== 'CERT') return options;
  return { ...options, ...serverCertificate, tlsRequired: options['tlsRequired'] === true ? 'yes' : 'no' };
}

async function playAgainstDaemon(fixture: Fixture): Promise<void> {
  const dataPath = await mkdtemp(join(tmpdir(), 'nsqd-wire-'));
  try {
    const nsqd = await Nsqd.start({
      dataPath,
      tcpAddress: `${HOST}:0`,
      httpAddress: `${HOST}:0`,
      nodeId: 7,
      broadcastAddress: HOST,
      logLevel: 'fatal',
      httpsAddress: `${HOST}:0`,
      ...withCertificate(optionsFromFlags(fixture.flags)),
    });
    try {
      await replay(fixture, { host: HOST, tcpPort: nsqd.tcpPort, httpPort: nsqd.httpPort });
    } finally {
      await nsqd.stop();
    }
  } finally {
    await rm(dataPath, { recursive: true, force: true });
  }
}

// Each has a daemon of its own and mostly waits, so they run side by side.
describe('answers byte for byte as the reference did', () => {
  const fixtures = loadFixtures().map((fixture) => [fixture.name, fixture] as const);
  it.concurrent.each(fixtures)('%s', async (_, fixture) => playAgainstDaemon(fixture), TIMEOUT_MS);
});
