export { NSQ_VERSION, Nsqd, type NsqdSetup } from './nsqd.js';
export { defaultNsqdOptions, nsqdOptionTable, type NsqdOptions } from './options.js';
