/** The part of nsqjs that the tests use; it comes without types. */
declare module 'nsqjs' {
  import type { EventEmitter } from 'node:events';

  export interface ConnectionOptions {
    /** At most so many messages in flight, over all connections. */
    maxInFlight?: number;
    /** Milliseconds, as IDENTIFY's msg_timeout. */
    messageTimeout?: number;
    clientId?: string;
    tls?: boolean;
    /** Authorities that the server's certificate is checked against, PEM. */
    ca?: Buffer;
    deflate?: boolean;
    deflateLevel?: number;
    /** Needs the optional package snappystream. */
    snappy?: boolean;
  }

  export interface ReaderOptions extends ConnectionOptions {
    nsqdTCPAddresses?: string[];
    /** Where to look for nsqds, `host:port`; one of them is asked at each poll, in turn. */
    lookupdHTTPAddresses?: string[];
    /** Seconds. */
    lookupdPollInterval?: number;
  }

  export interface Message {
    readonly id: string;
    readonly attempts: number;
    readonly body: Buffer;
    finish(): void;
  }

  export class Reader extends EventEmitter {
    /** Not public in nsqjs: the sockets are reached through it. */
    readonly readerRdy: { readonly connections: readonly { readonly conn: { destroy(): void } }[] };

    constructor(topic: string, channel: string, options: ReaderOptions);
    connect(): void;
    close(): void;
    on(event: 'message', listener: (message: Message) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    once(event: 'ready', listener: () => void): this;
  }

  export class Writer extends EventEmitter {
    constructor(host: string, port: number, options?: ConnectionOptions);
    connect(): void;
    close(): void;
    publish(topic: string, messages: string | Buffer | (string | Buffer)[], callback: (error: Error | null) => void): void;
    on(event: 'error', listener: (error: Error) => void): this;
    once(event: 'ready', listener: () => void): this;
  }
}

/** What nsqjs itself asks nsqlookupds with. */
declare module 'nsqjs/lib/lookupd.js' {
  export interface Producer {
    readonly broadcast_address: string;
    readonly tcp_port: number;
    readonly http_port: number;
  }

  /** @param endpoints `host:port` of the HTTP API of each nsqlookupd */
  export default function lookup(endpoints: readonly string[], topic: string): Promise<readonly Producer[]>;
}
