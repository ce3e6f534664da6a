import { createServer, type Server, type Socket } from 'node:net';
import type { Session, Step } from './fixture.js';

/** What the scripted server does wrong: gets the recorded reply of a step and returns what to send instead, or null to close. */
export type Fault = (reply: Buffer, step: number) => Buffer | null;

/** Plays the server's half of a recording: waits for the bytes of each `send`, answers with the recorded replies at the recorded times. */
export class ScriptedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(sessions: readonly Session[], fault: Fault = (reply) => reply) {
    const scripts = [...sessions];
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      // A player that has seen enough cuts the connection.
      serve(socket, scripts.shift()?.steps ?? [], fault).catch(() => socket.destroy());
    });
  }

  /** Listens on a free port of 127.0.0.1 and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

async function serve(socket: Socket, steps: readonly Step[], fault: Fault): Promise<void> {
  const input = socket[Symbol.asyncIterator]();
  let have = 0;
  let lastInput = performance.now();
  for (const [index, step] of steps.entries()) {
    if ('send' in step) {
      for (have -= Buffer.from(step.send, 'base64').length; have < 0;) {
        const next: IteratorResult<Buffer, unknown> = await input.next();
        if (next.done === true) return;
        have += next.value.length;
      }
      lastInput = performance.now();
    } else if ('recv' in step) {
      await pause(lastInput + (step.elapsed_ms_since_last_send ?? 0) - performance.now());
      const reply = fault(withTimestamp(step.recv, step.volatile), index);
      if (reply === null) break;
      socket.write(reply);
    } else if ('close_by_client' in step) {
      while ((await input.next()).done !== true);
    }
  }
  socket.end();
}

/** The recorded reply with the time of now, as a server would send it. */
function withTimestamp(recv: string, volatile: readonly { what: string; offset: number }[] = []): Buffer {
  const reply = Buffer.from(recv, 'base64');
  const stamp = volatile.find(({ what }) => what === 'timestamp');
  if (stamp !== undefined) reply.writeBigInt64BE(BigInt(START_MS) * 1_000_000n, stamp.offset);
  return reply;
}
const START_MS = Date.now();

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
