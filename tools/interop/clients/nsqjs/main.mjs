// Does with nsqjs what the first argument says; the second has the parameters as JSON. Prints one line of JSON, and ends when standard input does.
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import nsqjs from 'nsqjs';
import { bodyOf, BodyTally } from '../../dist/bodies.js';

const RETRY_MS = 200;

const [action, text] = process.argv.slice(2);
const p = JSON.parse(text);

function say(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function fail(error) {
  say({ error: String(error) });
  process.exit(1);
}

const options = {
  clientId: 'interop',
  ...(p.tlsCa !== undefined && { tls: true, ca: readFileSync(p.tlsCa) }),
  ...(p.compression !== undefined && { [p.compression]: true }),
  ...(p.secret !== undefined && { authSecret: p.secret }),
  ...(p.msgTimeoutMs !== undefined && { messageTimeout: p.msgTimeoutMs }),
};

async function connected() {
  const [host, port] = p.nsqd.split(':');
  const writer = new nsqjs.Writer(host, Number(port), options);
  const ready = new Promise((resolve, reject) => {
    writer.once('ready', resolve);
    writer.on('error', reject);
    writer.on('closed', () => reject(new Error('closed')));
  });
  writer.connect();
  await ready;
  return writer;
}

async function produce() {
  const writer = await connected();
  const publish = promisify(writer.publish.bind(writer));
  const deferPublish = promisify(writer.deferPublish.bind(writer));
  const end = p.first + p.count;
  for (let index = p.first; index < end;) {
    if (action === 'mpub') {
      const last = Math.min(index + p.batch, end);
      await publish(
        p.topic,
        Array.from({ length: last - index }, (_, at) => bodyOf(index + at, p.size)),
      );
      index = last;
      continue;
    }
    const body = bodyOf(index, p.size);
    if (action === 'publish') await publish(p.topic, body);
    else if (action === 'defer') await deferPublish(p.topic, [body], p.delayMs);
    else if (
      !(await Promise.race([
        publish(p.topic, body).then(
          () => true,
          () => false,
        ),
        sleep(RETRY_MS * 10, false),
      ]))
    ) {
      await sleep(RETRY_MS);
      continue;
    } else await sleep(p.pauseMs);
    index++;
  }
  return { published: p.count };
}

function consume() {
  const tally = new BodyTally();
  let finished = 0;
  let maxAttempts = 0;
  const where = p.nsqd === undefined ? { lookupdHTTPAddresses: p.lookupds, lookupdPollInterval: 1 } : { nsqdTCPAddresses: [p.nsqd] };
  const reader = new nsqjs.Reader(p.topic, p.channel, { maxInFlight: p.maxInFlight, lookupdPollInterval: 1, ...where, ...options });
  reader.on('error', (error) => process.stderr.write(`${error}\n`));
  return new Promise((resolve) => {
    const finish = (message) => {
      message.finish();
      finished++;
      if (finished >= p.count && tally.received === p.count) resolve({ ...tally.seen, maxAttempts });
    };
    reader.on('message', (message) => {
      tally.add(message.body);
      maxAttempts = Math.max(maxAttempts, message.attempts);
      if (message.attempts === 1 && action === 'requeue') message.requeue(p.delayMs, false);
      else if (message.attempts === 1 && action === 'timeout') return;
      else if (action === 'touch') void touch(message).then(finish);
      else finish(message);
    });
    reader.connect();
  });
}

async function touch(message) {
  for (let held = 0; held < p.holdMs; held += p.touchMs) {
    await sleep(p.touchMs);
    message.touch();
  }
  return message;
}

setTimeout(fail, p.deadlineMs, 'out of time');
process.stdin.resume().once('end', () => process.exit(0));
const producing = ['publish', 'mpub', 'defer', 'persist'].includes(action);
(producing ? produce() : consume()).then(say, fail);
