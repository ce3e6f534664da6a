export { SeededRandom } from './seeded-random.js';
export { SimulatedFileSystem } from './simulated-file-system.js';
export type { Fault, Operation, SimulatedFileSystemOptions } from './simulated-file-system.js';
