export { tlsAuthority, tlsFlags } from './certificate.js';
export { compressionOf, type Compression } from './compression.js';
export { within, type Exit } from './exit.js';
export { channelStats, createTopic, deleteTopic, type ChannelStats, type HttpAddress } from './http.js';
export { nsqdCommand, startNsqd, type NsqdProcess, type NsqdStart } from './nsqd-process.js';
export { openFilesLimit } from './open-files-limit.js';
export { cpuMicros, openFiles, peakMemory, resetPeakMemory, residentMemory } from './process-usage.js';
export { runNsqd, type NsqdRun } from './run-nsqd.js';
export { takeFrame } from './take-frame.js';
