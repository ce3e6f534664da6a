import { HttpClient } from '@nsq/service';
import type { SecureContextOptions } from 'node:tls';
import type { NsqdOptions } from '../options.js';
import { Authorizer, MAX_ANSWER_BYTES } from './authorizer.js';

/** As the options say; null when everybody may do everything. @param tls for questions over https, asked for each */
export function createAuthorizer(options: NsqdOptions, tls: () => SecureContextOptions): Authorizer | null {
  const { authHttpAddresses: addresses, authHttpRequestMethod: method, httpClientConnectTimeout, httpClientRequestTimeout } = options;
  if (addresses.length === 0) return null;
  const client = new HttpClient({
    connectTimeout: httpClientConnectTimeout,
    requestTimeout: httpClientRequestTimeout,
    maxBodyBytes: MAX_ANSWER_BYTES,
    tls,
  });
  return new Authorizer({ addresses, method, client });
}
