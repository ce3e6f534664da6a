import { ListenError, parseListenAddress, type ListenAddress } from '@nsq/service';

/**
 * Reads a listen address. There are no unix sockets here; an empty text is any free port of every interface, as in the reference.
 * @throws {ListenError}
 */
export function parseTcpAddress(text: string): ListenAddress {
  if (text === '') return { kind: 'tcp', host: '', port: 0 };
  const address = parseListenAddress(text);
  if (address.kind === 'tcp') return address;
  const reason = text.includes(':') && !text.endsWith(']') ? 'too many colons in address' : 'missing port in address';
  throw new ListenError(text, `listen tcp: address ${text}: ${reason}`);
}
