import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Bytes of buffers that something still holds. Chunks of sockets that nobody holds do not count. */
export function heldBytes(): number {
  gc();
  gc();
  return process.memoryUsage().arrayBuffers;
}
