import { boolOption, intOption } from '@nsq/options';
import { ToolError } from './tool.js';

const DEFAULT_MAX_IN_FLIGHT = 200;
const MAX_IN_FLIGHT = 1_000_000;

export const versionFlag = () => ({ version: boolOption({ flag: 'version', default: false, help: 'print version string' }) });

export const maxInFlightFlag = () => ({
  maxInFlight: intOption({ flag: 'max-in-flight', default: DEFAULT_MAX_IN_FLIGHT, help: 'max number of messages to allow in flight' }),
});

/** @throws {ToolError} */
export function checkMaxInFlight(count: number): void {
  if (count < 1 || count > MAX_IN_FLIGHT) throw new ToolError(`--max-in-flight must be from 1 to ${MAX_IN_FLIGHT}, got ${count}`);
}
