import { Writable } from 'node:stream';
import { LARGE_BODY_BYTES, Output } from './output.js';

/** A socket whose kernel takes a write only when it is told to. */
class SlowSocket extends Writable {
  readonly #taken: Buffer[] = [];
  #take: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#take = () => {
      this.#take = null;
      this.#taken.push(Buffer.from(chunk));
      done();
    };
  }

  /** Takes write after write until none waits. Their sizes. */
  async takeAll(): Promise<number[]> {
    const before = this.#taken.length;
    for (let take = this.#take; take !== null; take = this.#take) {
      take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.#taken.slice(before).map(({ length }) => length);
  }

  get text(): string {
    return Buffer.concat(this.#taken).toString('latin1');
  }
}

function setUp(): { socket: SlowSocket; output: Output } {
  const socket = new SlowSocket();
  socket.on('error', () => undefined);
  return { socket, output: new Output(socket) };
}

it('writes at once when nothing waits', async () => {
  const { socket, output } = setUp();
  output.append(Buffer.from('a'));
  output.append(Buffer.from('b'));
  output.flushInTurn();
  expect(await socket.takeAll()).toEqual([2]);
  expect(socket.text).toBe('ab');
});

it('collects what comes while a write waits, and writes it behind that', async () => {
  const { socket, output } = setUp();
  for (let i = 0; i < 100; i++) {
    output.append(Buffer.from(`${i},`));
    output.flushInTurn();
  }
  expect(socket.writableLength).toBe(2);
  expect(await socket.takeAll()).toEqual([2, 288]);
  expect(socket.text).toBe(Array.from({ length: 100 }, (_, i) => `${i},`).join(''));
});

it('keeps the order when large bodies pass small ones that wait', async () => {
  const { socket, output } = setUp();
  const large = 'L'.repeat(LARGE_BODY_BYTES);
  for (let i = 0; i < 3; i++) {
    output.append(Buffer.from(`<${i}>`));
    output.flushInTurn();
    output.append(Buffer.from(large));
    output.flushInTurn();
  }
  output.append(Buffer.from('end'));
  output.flushInTurn();
  await socket.takeAll();
  expect(socket.text).toBe(`<0>${large}<1>${large}<2>${large}end`);
});

it('says when there is enough, and forces out what is collected when asked to', async () => {
  const { socket, output } = setUp();
  const piece = Buffer.alloc(10_000, 'x');
  let appended = 0;
  while (!output.full) {
    output.append(piece);
    output.flushInTurn();
    appended += piece.length;
    expect(appended).toBeLessThan(1_000_000);
  }
  output.append(Buffer.from('last'));
  output.flush();
  expect(socket.writableLength).toBe(appended + 4);
  await socket.takeAll();
  expect(socket.text).toBe('x'.repeat(appended) + 'last');
});

it('drops what comes after the socket is gone', async () => {
  const { socket, output } = setUp();
  output.append(Buffer.from('a'));
  output.flushInTurn();
  output.append(Buffer.from('b'));
  output.flushInTurn();
  socket.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  output.append(Buffer.alloc(LARGE_BODY_BYTES));
  output.append(Buffer.from('c'));
  output.flush();
  expect(output.used).toBe(0);
  expect(socket.text).toBe('');
});
