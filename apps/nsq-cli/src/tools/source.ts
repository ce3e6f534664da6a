import { isValidName, parseAddress } from '@nsq/client';
import { stringListOption } from '@nsq/options';
import { ToolError } from './tool.js';

/** Where messages come from: nsqds that are named, or those that nsqlookupds know. One of the lists is empty. */
export interface Source {
  readonly nsqds: readonly string[];
  readonly lookupds: readonly string[];
}

/** The flags of a tool that consumes. */
export const sourceFlags = () => ({
  nsqds: stringListOption({ flag: 'nsqd-tcp-address', default: [], help: 'nsqd TCP address, host:port (may be given multiple times)' }),
  lookupds: stringListOption({
    flag: 'lookupd-http-address',
    default: [],
    help: 'lookupd HTTP address, host:port or URL (may be given multiple times)',
  }),
});

/** @param nsqdFlag the flag that names nsqds @throws {ToolError} unless exactly one kind is given */
export function checkOneKind({ nsqds, lookupds }: Source, nsqdFlag = 'nsqd-tcp-address', end = ''): void {
  if (nsqds.length + lookupds.length === 0) throw new ToolError(`--${nsqdFlag} or --lookupd-http-address required${end}`);
  if (nsqds.length > 0 && lookupds.length > 0) throw new ToolError(`use --${nsqdFlag} or --lookupd-http-address not both`);
}

/** @throws {ToolError} for an address that cannot be one */
export function readSource({ nsqds, lookupds }: Source): Source {
  return { nsqds: nsqds.map((text) => readNsqdAddress(text)), lookupds: lookupds.map(readLookupd) };
}

/** `host:port` as the client shows it in its events. @throws {ToolError} */
export function readNsqdAddress(text: string, flag = 'nsqd-tcp-address'): string {
  try {
    const address = parseAddress(text, 0xffff);
    if (address.host !== undefined && !/:\d+$/.test(text)) throw new ToolError(`--${flag} ${text}: missing port; write ${text}:4150`);
    return address.text;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`--${flag} ${JSON.stringify(text)} is no address; write HOST:PORT`);
  }
}

/** The base URL of a nsqlookupd. A path `/lookup`, which the reference's tools accept, goes away: the client adds it. */
function readLookupd(text: string): string {
  const wrong = (why: string): ToolError => new ToolError(`--lookupd-http-address ${JSON.stringify(text)}: ${why}`);
  const given = /^https?:\/\//.test(text);
  if (!given && !/:\d+(\/|$)/.test(text)) throw wrong('missing port; write HOST:PORT or http://HOST:PORT');
  try {
    const url = new URL(given ? text : `http://${text}`);
    url.pathname = url.pathname.replace(/\/lookup\/?$/, '/');
    url.search = '';
    return url.href;
  } catch {
    throw wrong('no address; write HOST:PORT or http://HOST:PORT');
  }
}

/** @throws {ToolError} */
export function checkNames(topic: string, channel: string): void {
  const rule = '1 to 64 of a-z A-Z 0-9 . _ -, then #ephemeral if it should go away by itself';
  if (!isValidName(topic)) throw new ToolError(`invalid topic name ${JSON.stringify(topic)}: ${rule}`);
  if (!isValidName(channel)) throw new ToolError(`invalid channel name ${JSON.stringify(channel)}: ${rule}`);
}
