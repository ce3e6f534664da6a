import type { Duplex } from 'node:stream';

/**
 * Takes one whole frame off a stream and leaves what follows it there, for a layer that comes in between. The stream is paused then.
 * @returns the frame's data, as text; null when the stream ends first, or `ms` milliseconds pass
 */
export function takeFrame(stream: Duplex, ms: number): Promise<string | null> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const settle = (data: string | null): void => {
      clearTimeout(timer);
      stream.off('data', take).off('end', lost).off('close', lost).pause();
      resolve(data);
    };
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.length < 4 ? Infinity : 4 + bytes.readUInt32BE(0);
      if (bytes.length < end) return;
      settle(bytes.toString('latin1', 8, end));
      if (bytes.length > end) stream.unshift(bytes.subarray(end));
    };
    const lost = (): void => settle(null);
    const timer = setTimeout(lost, ms);
    stream.on('data', take).once('end', lost).once('close', lost);
  });
}
