import type { Fixture } from './fixture.js';
import { Player, type PlayOptions } from './player.js';

export interface ServerAddress {
  readonly host: string;
  readonly tcpPort: number;
  readonly httpPort: number;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** Creates the channels a fixture starts from, over HTTP. */
export async function precreate(fixture: Fixture, { host, httpPort }: ServerAddress): Promise<void> {
  for (const pair of fixture.precreate ?? []) {
    const [topic = '', channel = ''] = pair.split(':');
    for (const path of [`/topic/create?topic=${topic}`, `/channel/create?topic=${topic}&channel=${channel}`]) {
      const response = await fetch(`http://${host}:${httpPort}${path}`, {
        method: 'POST',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`POST ${path}: ${response.status}`);
    }
  }
}

/**
 * Plays all sessions of a fixture against a server that runs with the fixture's flags.
 * @throws {Mismatch} at the first byte, or delay, that is not the recorded one.
 */
export async function replay(fixture: Fixture, server: ServerAddress, options: Pick<PlayOptions, 'patienceMs'> = {}): Promise<void> {
  if (fixture.setup?.startsWith('sessions overlap') === true) return replayOverlapping(fixture, server, options);
  // Certificates and the auth server are given by whoever starts the server.
  if (fixture.setup !== undefined && !/^(CERT and KEY|AUTH_SERVER)/.test(fixture.setup))
    throw new Error(`${fixture.name} needs a setup that the player does not know: ${fixture.setup}`);
  await precreate(fixture, server);
  for (const session of fixture.sessions) await playWhole(new Player(session, addressOf(server), { ...options, server: fixture.server }));
}

/** The first session stays open, after the last reply it gets, while the others run; what it was sent is known to them. */
async function replayOverlapping(fixture: Fixture, server: ServerAddress, options: PlayOptions): Promise<void> {
  const shared: PlayOptions = { ...options, server: fixture.server, bindings: new Map() };
  const [first, ...others] = fixture.sessions;
  if (first === undefined) return;
  await precreate(fixture, server);
  const staying = new Player(first, addressOf(server), shared);
  try {
    await staying.play(first.steps.findLastIndex((step) => 'recv' in step) + 1);
    for (const session of others) await playWhole(new Player(session, addressOf(server), shared));
    await staying.play();
  } finally {
    staying.destroy();
  }
}

async function playWhole(player: Player): Promise<void> {
  try {
    await player.play();
  } finally {
    player.destroy();
  }
}

function addressOf({ host, tcpPort }: ServerAddress): { host: string; port: number } {
  return { host, port: tcpPort };
}
