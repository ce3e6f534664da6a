import { NsqlookupdHttpClient, type HttpOptions } from '@nsq/client';

/** All topics that nsqlookupds know. @throws {NsqError} when one of them cannot be asked */
export async function findTopics(lookupds: readonly string[], http: HttpOptions, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(lookupds.map((address) => new NsqlookupdHttpClient(address, http).topics({ signal })));
  return [...new Set(found.flat())].sort();
}

/** A pattern for topics, found anywhere in the name; null for every topic. @throws {SyntaxError} */
export function readPattern(text: string): RegExp | null {
  return text === '' ? null : new RegExp(text);
}
