import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  ConnectionState,
  FrameReader,
  FrameType,
  HEARTBEAT_FRAME,
  MAGIC_V2,
  MESSAGE_FRAME_HEADER_BYTES,
  MessageIdSource,
  NOP,
  OK_FRAME,
  decodeMessage,
  encodeFin,
  encodeFrame,
  encodePub,
  encodeRdy,
  encodeSub,
  formatMessageId,
  isHeartbeat,
  writeMessageFrameHeader,
} from '../src/index.js';
import { Recording, pushAll } from './recording.js';

/** Delivers each published message to the connection that published it. */
function serve(socket: Socket, ids: MessageIdSource): void {
  const recording = new Recording();
  const { reader } = recording;
  const sink = {
    pub: (_topic: string, bytes: Buffer, at: number, size: number): void => {
      ids.take(1);
      const out = Buffer.alloc(MESSAGE_FRAME_HEADER_BYTES + size);
      writeMessageFrameHeader(new DataView(out.buffer, out.byteOffset, out.length), 0, size, 0, 42, 1, ids.hi, ids.lo);
      bytes.copy(out, MESSAGE_FRAME_HEADER_BYTES, at + 4, at + 4 + size);
      socket.write(Buffer.concat([OK_FRAME, out]));
    },
    sub: (): void => {
      reader.state = ConnectionState.Subscribed;
      socket.write(OK_FRAME);
    },
    fin: (hi: number, lo: number): void => {
      socket.write(encodeFrame(FrameType.Response, `finished ${formatMessageId(hi, lo)}`));
      socket.write(HEARTBEAT_FRAME);
    },
    nop: (): void => {
      socket.write(encodeFrame(FrameType.Response, 'alive'));
    },
  };
  Object.assign(recording, sink);
  let greeting = MAGIC_V2.length;
  socket.on('data', (chunk) => {
    const skipped = Math.min(greeting, chunk.length);
    greeting -= skipped;
    const error = pushAll(reader, [chunk.subarray(skipped)]);
    if (error !== undefined) socket.end(encodeFrame(FrameType.Error, error.data));
  });
}

it('lets a client and a server talk over a socket', async () => {
  const ids = new MessageIdSource(5, () => Date.UTC(2026, 0, 1));
  const server = createServer((socket) => serve(socket, ids)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const seen: string[] = [];
  const frames = new FrameReader((type, data) => {
    if (isHeartbeat(type, data)) socket.write(NOP);
    else if (type === FrameType.Message) {
      const message = decodeMessage(data);
      seen.push(`${message?.timestamp} ${message?.attempts} ${message?.body.toString()}`);
      socket.write(encodeFin(message?.id ?? ''));
    } else {
      seen.push(data.toString());
      if (data.toString() === 'alive') socket.write('FOO\n');
    }
  }, 1000);
  socket.on('data', (chunk) => frames.push(chunk));
  socket.write(Buffer.concat([MAGIC_V2, encodeSub('orders', 'billing'), encodeRdy(1), encodePub('orders', Buffer.from('hello'))]));
  await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
  server.close();
  expect(seen).toEqual(['OK', 'OK', '42 1 hello', `finished ${formatMessageId(ids.hi, ids.lo)}`, 'alive', 'E_INVALID invalid command FOO']);
});
