import { PassThrough } from 'node:stream';
import { FrameType, OK_FRAME, encodeFrame, encodeMessage } from '@nsq/protocol';
import fc from 'fast-check';
import { Connection } from '../src/connection/connection.js';
import { readFrame } from '../src/connection/read-frame.js';
import { IDENTIFY_RESPONSE } from './fake-nsqd.js';

const message = encodeMessage({ id: '0123456789abcdef', timestamp: 1n, attempts: 1, body: Buffer.from('hello') });
const frames: [FrameType, Buffer][] = [
  [FrameType.Response, Buffer.from('{"version":"1.3.0"}')],
  [FrameType.Response, Buffer.from('OK')],
  [FrameType.Message, message],
  [FrameType.Response, Buffer.from('_heartbeat_')],
  [FrameType.Error, Buffer.from('E_FIN_FAILED FIN 0123456789abcdef failed ID not in flight')],
  [FrameType.Response, Buffer.alloc(0)],
  [FrameType.Message, message],
];
const stream = Buffer.concat(frames.map(([type, data]) => encodeFrame(type, data)));

/** The first frame by `readFrame`, the others through a connection; what is sent comes in these pieces. */
async function receive(cuts: readonly number[]): Promise<string[]> {
  const transport = new PassThrough({ allowHalfOpen: true });
  transport._write = (_chunk, _encoding, done): void => done(); // what the connection says goes nowhere
  const edges = [...new Set([0, ...cuts, stream.length])].sort((a, b) => a - b);
  for (let i = 1; i < edges.length; i++) transport.push(stream.subarray(edges[i - 1], edges[i]));
  const seen: string[] = [];
  const first = await readFrame(transport, 'test');
  seen.push(`${first.type} ${first.data.toString('latin1')}`);
  const connection = new Connection({ transport, identify: IDENTIFY_RESPONSE, auth: null }, { text: 'test' }, 1000, 1024);
  await new Promise<void>((resolve) => {
    const see = (type: FrameType, data: Buffer): void => {
      seen.push(`${type} ${data.toString('latin1')}`);
      if (seen.length === frames.length - 1) resolve();
    };
    connection.start({
      onMessage: (data) => see(FrameType.Message, data),
      onResponse: (data) => see(FrameType.Response, data),
      onError: (error) => see(FrameType.Error, Buffer.from(error.message)),
      onRoom: () => undefined,
    });
  });
  connection.destroy(new Error('done') as never);
  return seen;
}

const expected = frames.map(([type, data]) => `${type} ${data.toString('latin1')}`).filter((text) => text !== '0 _heartbeat_');

it('reads the same frames wherever the stream is cut once', async () => {
  for (let cut = 1; cut < stream.length; cut++) expect(await receive([cut])).toEqual(expected);
});

it('reads them byte by byte', async () => {
  expect(await receive(Array.from(stream, (_, at) => at))).toEqual(expected);
});

it('reads them wherever the stream is cut', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(cuts, async (at) => expect(await receive(at)).toEqual(expected)));
});

it.each([3, -1, 64 * 1024 + 1])('refuses a first frame of size %d', async (size) => {
  const transport = new PassThrough();
  const header = Buffer.alloc(4);
  header.writeInt32BE(size);
  transport.write(header);
  await expect(readFrame(transport, 'test')).rejects.toMatchObject({ code: 'ERR_NSQ_PROTOCOL' });
});

it('says so when the stream ends inside a frame', async () => {
  const transport = new PassThrough();
  transport.end(OK_FRAME.subarray(0, 9));
  await expect(readFrame(transport, 'test')).rejects.toMatchObject({ code: 'ERR_NSQ_CONNECT' });
  await expect(readFrame(transport.destroy(), 'test')).rejects.toMatchObject({ code: 'ERR_NSQ_CONNECT' });
});
