/** For what takes a `logger`. */
export { Logger } from '@nsq/service';
export { NSQ_VERSION, Nsqd, type NsqdSetup } from './nsqd.js';
export { defaultNsqdOptions, nsqdOptionTable, type NsqdOptions } from './options.js';
export { ExportError, exportFolder, type ExportedQueue, type ExportErrorCode, type ExportOptions } from './storage/export.js';
export { importDataPath, type ImportOptions } from './storage/import-data-path.js';
export { inspectFolder, type FolderReport, type InspectOptions, type TopicReport } from './storage/inspect.js';
export type { StoredChannel, StoredContent } from './storage/stored-topic.js';
