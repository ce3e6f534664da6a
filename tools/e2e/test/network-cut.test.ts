import { Cluster, registrations, until } from './cluster.js';
import { NetworkNamespace, noNetworkNamespace } from './network-namespace.js';

/** How long the network is cut, milliseconds. */
const CUT_MS = Number(process.env['CUT_MS'] ?? 3_000);
const CONVERGE_MS = 20_000;
/** What was sent into the cut is repeated at growing intervals: it may take as long again until it arrives. */
const HEAL_MS = CONVERGE_MS + 2 * CUT_MS;

const refusal = noNetworkNamespace();
if (refusal !== undefined) console.warn(`no network to cut here: ${refusal}`);
const withNetwork = refusal === undefined ? it : it.skip;

const cluster = new Cluster();
let namespace: NetworkNamespace | undefined;

afterEach(async () => {
  await cluster.end();
  namespace?.remove();
  namespace = undefined;
});

withNetwork(
  `publishes and registers on while the network to one nsqlookupd is cut for ${CUT_MS} ms, and tells it everything afterwards`,
  async () => {
    const far = (namespace = new NetworkNamespace());
    const [near] = [await cluster.addLookupd(), await cluster.addLookupd(far)];
    const nsqd = await cluster.addNsqd(undefined, '--http-client-request-timeout=1s');
    await nsqd.ask('POST', '/topic/create?topic=before');
    await nsqd.ask('POST', '/topic/create?topic=gone');
    await cluster.converged(CONVERGE_MS);

    far.pull();
    const cutAt = Date.now();
    await nsqd.ask('POST', '/pub?topic=meanwhile', 'message');
    await nsqd.ask('POST', '/channel/create?topic=meanwhile&channel=c');
    await nsqd.ask('POST', '/topic/delete?topic=gone');
    const { tcpPort: port } = nsqd.process;
    const expected = [`channel:meanwhile:c@${port}`, `client::@${port}`, `topic:before:@${port}`, `topic:meanwhile:@${port}`];
    await until(
      async () => (await registrations(near)).join() === expected.join(),
      CONVERGE_MS,
      () => 'the other nsqlookupd knows',
    );
    for (let count = 0; Date.now() - cutAt < CUT_MS; count++) {
      expect(await nsqd.ask('POST', '/pub?topic=meanwhile', `message ${count}`)).toBe('OK');
      await until(
        () => Date.now() - cutAt >= Math.min(CUT_MS, (count + 1) * 100),
        CONVERGE_MS,
        () => 'time passes',
      );
    }

    far.plug();
    await cluster.converged(HEAL_MS);
    expect(await near.ask('GET', '/lookup?topic=meanwhile')).toContain(String(port));
  },
  60_000 + 4 * CUT_MS,
);
