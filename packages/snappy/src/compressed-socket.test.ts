import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { inflateRawSync, constants } from 'node:zlib';
import { CompressedSocket } from './compressed-socket.js';
import { deflateCodec } from './deflate.js';

/** A socket that keeps what each of its writes had. */
class Below extends Duplex {
  readonly writes: Buffer[] = [];

  override _read(): void {
    // Nothing comes.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(bytes);
    done();
  }

  override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(Buffer.concat(pieces.map(({ chunk }) => chunk)));
    done();
  }
}

const write = (socket: Duplex, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve())));

it.each([1, 1000, 100_000])('hands %d bytes down in one write', async (size) => {
  const below = new Below();
  const socket = new CompressedSocket(below, deflateCodec(6), () => undefined);
  const plain = [randomBytes(size), randomBytes(size)] as const;
  for (const bytes of plain) await write(socket, bytes);
  expect(below.writes).toHaveLength(2);
  expect(inflateRawSync(Buffer.concat(below.writes), { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(Buffer.concat(plain));
  socket.destroy();
});
