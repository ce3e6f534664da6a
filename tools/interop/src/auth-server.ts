import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What nsqd asks whether a client may come in. */
export interface AuthServer {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

const ALL = { topic: '.*', channels: ['.*'], permissions: ['publish', 'subscribe'] };

/** An auth server on a free port that lets in who knows the secret. */
export async function startAuthServer(secret: string): Promise<AuthServer> {
  const server = createServer((request, response) => {
    const given = new URL(request.url ?? '/', 'http://localhost').searchParams.get('secret');
    const authorizations = given === secret ? [ALL] : [];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ttl: 3600, identity: 'interop', identity_url: '', authorizations }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
