import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { FrameType, MAGIC_V2, NOP, encodeAuth, encodeIdentify, isHeartbeat, type IdentifyResponse } from '@nsq/protocol';
import { CompressedSocket, deflateCodec, snappyCodec } from '@nsq/snappy';
import type { Address } from '../address.js';
import { NsqConnectionError, NsqServerError } from '../errors.js';
import type { ConnectionSetup } from './connection-options.js';
import { readFrame, type Frame } from './read-frame.js';

/** Who nsqd's auth server says this is. */
export interface AuthResponse {
  readonly identity: string;
  readonly identity_url: string;
  readonly permission_count: number;
}

export interface Greeting {
  /** The socket, or the topmost layer on it; paused. */
  readonly transport: Duplex;
  readonly identify: IdentifyResponse;
  readonly auth: AuthResponse | null;
}

/** The magic, IDENTIFY, TLS, one compression, AUTH, in this order. Who wants to end it early destroys the socket. */
export async function handshake(socket: Socket, address: Address, setup: ConnectionSetup): Promise<Greeting> {
  socket.write(Buffer.concat([MAGIC_V2, encodeIdentify(setup.identify)]));
  const identify = parse(await answer(socket, address), address) as IdentifyResponse;
  const transport = await addLayers(socket, address, setup, identify);
  return { transport, identify, auth: identify.auth_required ? await authorize(transport, address, setup) : null };
}

async function addLayers(socket: Socket, address: Address, setup: ConnectionSetup, identify: IdentifyResponse): Promise<Duplex> {
  let transport: Duplex = socket;
  if (setup.tls !== null) {
    // Going on in plain text would send what was meant to be secret.
    if (!identify.tls_v1) throw new NsqConnectionError('ERR_NSQ_CONNECT', 'nsqd offers no TLS', address.text);
    transport = await startTls(socket, address, setup.tls);
    await expectOk(transport, address);
  }
  if (identify.snappy || identify.deflate) {
    const codec = identify.snappy ? snappyCodec() : deflateCodec(identify.deflate_level);
    const compressed = new CompressedSocket(transport, codec, (error) => compressed.destroy(error));
    compressed.on('error', () => undefined);
    transport = compressed;
    await expectOk(transport, address);
  }
  return transport;
}

function startTls(socket: Socket, address: Address, options: TlsOptions): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const { host } = address;
    const secure = connectTls({ ...(host === undefined || isIP(host) !== 0 ? {} : { servername: host }), host, ...options, socket });
    const failed = (error?: Error): void => {
      reject(new NsqConnectionError('ERR_NSQ_CONNECT', `TLS: ${error?.message ?? 'the connection was closed'}`, address.text, error));
    };
    secure.on('error', failed).once('close', failed);
    secure.once('secureConnect', () => {
      secure.off('close', failed);
      resolve(secure);
    });
  });
}

async function authorize(transport: Duplex, address: Address, setup: ConnectionSetup): Promise<AuthResponse> {
  if (setup.authSecret === null) throw new NsqConnectionError('ERR_NSQ_CONNECT', 'nsqd requires AUTH: set authSecret', address.text);
  transport.write(encodeAuth(setup.authSecret));
  return parse(await answer(transport, address), address) as AuthResponse;
}

async function expectOk(transport: Duplex, address: Address): Promise<void> {
  const data = await answer(transport, address);
  if (data.toString() !== 'OK') throw unexpected(data, address);
}

/** The data of the next response that is no heartbeat. @throws {NsqServerError} when it is an error */
async function answer(transport: Duplex, address: Address): Promise<Buffer> {
  for (;;) {
    const { type, data }: Frame = await readFrame(transport, address.text);
    if (isHeartbeat(type, data)) transport.write(NOP);
    else if (type === FrameType.Response) return data;
    else if (type === FrameType.Error) throw new NsqServerError(data.toString(), address.text);
    else throw unexpected(data, address);
  }
}

function parse(data: Buffer, address: Address): object {
  try {
    const value: unknown = JSON.parse(data.toString());
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw unexpected(data, address);
}

function unexpected(data: Buffer, address: Address): NsqConnectionError {
  const text = JSON.stringify(data.toString('latin1', 0, 100));
  return new NsqConnectionError('ERR_NSQ_PROTOCOL', `an answer that cannot be understood: ${text}`, address.text);
}
