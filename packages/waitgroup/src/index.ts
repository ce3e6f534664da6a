export { WaitGroup } from './wait-group.js';
export type { Failure, Loop, WaitGroupOptions } from './wait-group.js';
