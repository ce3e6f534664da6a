import type { Logger } from '@nsq/service';
import type { RegistrationDb } from '../registry/registration-db.js';

/** What the HTTP API needs of the daemon. */
export interface HttpContext {
  readonly db: RegistrationDb;
  readonly logger: Logger;
  readonly version: string;
}
