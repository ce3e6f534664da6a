import type { Logger } from '@nsq/service';
import type { DbEvents, Registration } from './registration-db.js';

/** One line for each change of membership, as the reference has them. */
export function logChanges(logger: Logger): DbEvents {
  return {
    registered: (peer, registration) => {
      logger.info(() => `DB: client(${peer.id}) REGISTER ${describe(registration)}`);
    },
    unregistered: (peer, registration, unexpected) => {
      if (unexpected) logger.warn(() => `client(${peer.id}) unexpected UNREGISTER ${describe(registration)}`);
      else logger.info(() => `DB: client(${peer.id}) UNREGISTER ${describe(registration)}`);
    },
  };
}

function describe({ category, key, subkey }: Registration): string {
  return `category:${category} key:${key} subkey:${subkey}`;
}
