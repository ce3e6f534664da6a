import { ToolError } from '../tool.js';
import type { HttpTarget } from './forward-to-http.js';
import { parseGetUrl } from './get-url.js';

/** @throws {ToolError} unless there are addresses, of one kind, all of which can be used */
export function readTargets({ post, get }: { readonly post: readonly string[]; readonly get: readonly string[] }): HttpTarget[] {
  if (get.length === 0 && post.length === 0) throw new ToolError('--get or --post required');
  if (get.length > 0 && post.length > 0) throw new ToolError('use --get or --post not both');
  if (post.length > 0) return post.map((address) => ({ method: 'POST', address: checkUrl(address, address) }));
  return get.map((address) => {
    const url = parseGetUrl(address);
    if (url === null) throw new ToolError('invalid GET address - must be a printf string');
    checkUrl(address, url(Buffer.from('x')));
    return { method: 'GET', address, url };
  });
}

function checkUrl(given: string, url: string): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new ToolError(`${JSON.stringify(given)} is no URL; write http://HOST:PORT/PATH`);
  return url;
}
