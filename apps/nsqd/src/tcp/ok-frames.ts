import { OK_FRAME } from '@nsq/protocol';
import type { Output } from './output.js';

const AT_ONCE = 512;
const MANY = Buffer.concat(Array.from({ length: AT_ONCE }, () => OK_FRAME));

/** Answers `count` commands with `OK`. */
export function appendOks(output: Output, count: number): void {
  for (let left = count; left > 0; left -= AT_ONCE) output.append(left >= AT_ONCE ? MANY : MANY.subarray(0, left * OK_FRAME.length));
}
