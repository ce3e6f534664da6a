export { NSQ_VERSION, Nsqd, type NsqdSetup } from './nsqd.js';
export { defaultNsqdOptions, nsqdOptionTable, type NsqdOptions } from './options.js';
export { ExportError, exportFolder, type ExportedQueue, type ExportErrorCode, type ExportOptions } from './storage/export.js';
