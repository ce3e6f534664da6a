/** The part of nsqjs that the bench uses; it comes without types. */
declare module 'nsqjs' {
  import type { EventEmitter } from 'node:events';

  export interface Message {
    finish(): void;
  }

  export class Reader extends EventEmitter {
    constructor(topic: string, channel: string, options: { nsqdTCPAddresses: string[]; maxInFlight: number });
    connect(): void;
    close(): void;
    on(event: 'message', listener: (message: Message) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export class Writer extends EventEmitter {
    constructor(host: string, port: number);
    connect(): void;
    close(): void;
    publish(topic: string, message: Buffer, callback: (error: Error | null) => void): void;
    on(event: 'error', listener: (error: Error) => void): this;
    once(event: 'ready', listener: () => void): this;
  }
}
