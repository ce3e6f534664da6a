import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Nsqd } from '../../src/index.js';
import type { NsqdOptions } from '../../src/options.js';
import { grant, granting, withAuthServer, type AuthServer, type Reply } from '../auth/auth-server.js';
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

/** The auth server that recordings speak of. */
function authReply(secret: string): Reply {
  if (secret === 'good') return granting('^allowed$ ^ch$|^$ publish,subscribe');
  if (secret === 'none') return grant({});
  if (secret === 'subonly') return grant({ identity: '', identity_url: '' }, '.* .* subscribe');
  return { status: 403, body: 'no' };
}

async function playAgainstDaemon(fixture: Fixture): Promise<void> {
  await withAuthServer(authReply, (authServer) => playWithAuthServer(fixture, authServer));
}

async function playWithAuthServer(fixture: Fixture, authServer: AuthServer): Promise<void> {
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
      ...(fixture.flags.some((flag) => flag.endsWith('=AUTH_SERVER')) ? { authHttpAddresses: [authServer.address] } : {}),
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
