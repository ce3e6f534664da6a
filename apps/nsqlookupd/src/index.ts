export { NSQ_VERSION, Nsqlookupd, type NsqlookupdSetup } from './nsqlookupd.js';
export { defaultNsqlookupdOptions, nsqlookupdOptionTable, type NsqlookupdOptions } from './options.js';
export type { Moment } from './registry/clock.js';
export type { Peer, PeerInfo, Producer } from './registry/peer.js';
export type { Category, Node, Registration, RegistrationDb } from './registry/registration-db.js';
