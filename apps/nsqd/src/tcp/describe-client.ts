import type { ClientStats } from '../stats/client-stats.js';
import type { Connection } from './connection.js';

/** A connection as /stats shows it. */
export function describeClient(connection: Connection): ClientStats {
  const { settings, commands, compression, tls } = connection;
  const { consumer, guard } = commands;
  const access = guard?.access;
  return {
    channel: consumer?.channel ?? null,
    clientId: settings.clientId,
    hostname: settings.hostname,
    remoteAddress: connection.remoteAddress,
    state: connection.state,
    readyCount: consumer?.readyCount ?? 0,
    inFlightCount: consumer?.inFlightCount ?? 0,
    messageCount: consumer?.messageCount ?? 0,
    finishCount: consumer?.finishCount ?? 0,
    requeueCount: consumer?.requeueCount ?? 0,
    connectTs: Math.floor(connection.connectedAt / 1000),
    sampleRate: settings.sampleRate,
    deflate: compression === 'deflate',
    snappy: compression === 'snappy',
    userAgent: settings.userAgent,
    authed: access?.authorized ?? false,
    authIdentity: access?.identity ?? '',
    authIdentityUrl: access?.identityUrl ?? '',
    pubCounts: [...commands.published].map(([topic, count]) => ({ topic, count })),
    tls: tls !== null,
    tlsCipherSuite: tls?.cipherSuite ?? '',
    tlsVersion: tls?.version ?? '',
    tlsNegotiatedProtocol: '',
    tlsNegotiatedProtocolIsMutual: tls !== null,
  };
}
