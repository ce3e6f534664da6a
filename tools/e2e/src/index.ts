export { tlsAuthority, tlsFlags } from './certificate.js';
export type { DaemonProcess } from './daemon-process.js';
export { within, type Exit } from './exit.js';
export { FaultProxy } from './fault-proxy.js';
export { channelStats, createTopic, deleteTopic, type ChannelStats, type HttpAddress } from './http.js';
export { nsqdCommand, startNsqd, type NsqdProcess, type NsqdStart } from './nsqd-process.js';
export { nsqlookupdCommand, startNsqlookupd, type NsqlookupdStart } from './nsqlookupd-process.js';
export { cpuMicros, openFiles, peakMemory, resetPeakMemory, residentMemory } from './process-usage.js';
export { runNsqd, type NsqdRun } from './run-nsqd.js';
