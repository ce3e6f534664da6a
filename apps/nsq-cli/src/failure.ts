import { NsqError, NsqHttpError } from '@nsq/client';

/** One line for the user about what went wrong: what it means, and what to do where that is known. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const chain = chainOf(error);
  const address = chain.findLast((one) => one instanceof NsqError && one.address !== undefined) as NsqError | undefined;
  const where = address?.address ?? 'the address';
  switch (chain.map(systemCodeOf).find((code) => code !== undefined)) {
    case 'ECONNREFUSED':
      return `nothing listens at ${where}; start it with nsq up, or name another address with --nsqd or --lookupd`;
    case 'ENOENT':
      return `there is no socket ${where}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no host of that name: ${where}; check the address`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${where} cannot be reached; check the address and the network`;
    case 'EACCES':
      return `no permission to connect to ${where}`;
  }
  if (error instanceof NsqHttpError) return explainHttp(error);
  if (error instanceof NsqError && error.code === 'ERR_NSQ_TIMEOUT' && error.address !== undefined)
    return `${where} did not answer in time`;
  return error.message;
}

function explainHttp(error: NsqHttpError): string {
  const where = error.address ?? 'it';
  switch (error.code) {
    case 'TOPIC_NOT_FOUND':
      return `${where} has no such topic`;
    case 'CHANNEL_NOT_FOUND':
      return `${where} has no such channel`;
    case 'NOT_FOUND':
      return `${where} is another kind of daemon, or not its HTTP port`;
    default:
      return error.message;
  }
}

function chainOf(error: Error): Error[] {
  const chain: Error[] = [];
  for (let one: unknown = error; one instanceof Error && !chain.includes(one); one = one.cause) chain.push(one);
  return chain;
}

/** Of a call to the system: `ECONNREFUSED`. */
function systemCodeOf(error: Error): string | undefined {
  if (error instanceof NsqError) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}
