import { resolveOptions } from '@nsq/options';
import { nsqlookupdOptionTable } from '../../src/index.js';
import { withDaemon } from '../daemon.js';
import { loadFixtures, type Fixture } from './fixture.js';
import { Player } from './player.js';

async function playAgainstDaemon(fixture: Fixture, chunkBytes: number): Promise<void> {
  const argv = [...fixture.flags, '--tcp-address=127.0.0.1:0', '--http-address=127.0.0.1:0'];
  const resolved = resolveOptions({ program: 'nsqlookupd', version: '', table: nsqlookupdOptionTable, argv, readFile: () => '' });
  if (resolved.kind === 'exit') throw new Error(resolved.stderr);
  await withDaemon(resolved.options, async ({ nsqlookupd }) => {
    for (const session of fixture.sessions) await new Player(session, nsqlookupd.tcpPort, chunkBytes).play();
  });
}

const fixtures = loadFixtures().map((fixture) => [fixture.name, fixture] as const);

it('has the recordings', () => {
  expect(fixtures.map(([name]) => name)).toEqual(['30-lookupd-register', '31-lookupd-errors']);
});

it.each(fixtures)('answers byte for byte as the reference did: %s', (_, fixture) => playAgainstDaemon(fixture, 65_536), 60_000);

it.each(fixtures)('answers the same to a client that sends byte by byte: %s', (_, fixture) => playAgainstDaemon(fixture, 1), 60_000);
