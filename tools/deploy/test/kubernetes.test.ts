import { readFileSync } from 'node:fs';
import { DEFAULT_PORTS, flagsProblem, imageOf, manifestFiles, readKustomization, readManifests, workspaceFile } from '../src/index.js';
import type { Manifest, PodContainer } from '../src/index.js';

const manifests = readManifests();
const named = (kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};
const podOf = ({ spec }: Manifest) => {
  if (spec.template === undefined) throw new Error('no pods');
  return spec.template;
};
const containerOf = (workload: Manifest): PodContainer => {
  const [container, ...more] = podOf(workload).spec.containers;
  if (container === undefined || more.length > 0) throw new Error('not one container');
  return container;
};
const workloads = manifests.filter(({ spec }) => spec.template !== undefined);
const addresses = (service: string, replicas: number, port: number | undefined) =>
  Array.from({ length: replicas }, (_, i) => `${service}-${i}.${service}:${String(port)}`);
const flagOf = (container: PodContainer, flag: string) =>
  (container.args ?? []).filter((word) => word.startsWith(`--${flag}=`)).map((word) => word.slice(flag.length + 3));

it('names every file of the folder', () => {
  expect([...readKustomization().resources].sort()).toEqual([...manifestFiles()].sort());
});

describe.each(['nsqd', 'nsqlookupd'] as const)('%s', (name) => {
  const image = imageOf(name);
  const set = named('StatefulSet', name);
  const container = containerOf(set);

  it('has pods with names of their own, through a headless service that names them whether they are ready or not', () => {
    expect(set.spec.serviceName).toBe(name);
    expect(named('Service', name).spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(flagOf(container, 'broadcast-address')).toEqual([`$(POD_NAME).${name}.$(POD_NAMESPACE).svc`]);
  });

  it('has only flags that the daemon takes, and variables that exist', () => {
    const variables = (container.env ?? []).map((one) => one.name);
    const argv = (container.args ?? []).map((word) =>
      word.replace(/\$\((\w+)\)/g, (_, variable: string) => (variables.includes(variable) ? '0' : '?')),
    );
    expect(argv.join(' ')).not.toContain('?');
    expect(flagsProblem(name, argv)).toBeNull();
  });

  it('runs an image that the kustomization places, in the version of the package', () => {
    const { version } = JSON.parse(readFileSync(workspaceFile(`apps/${name}/package.json`), 'utf8')) as { version: string };
    expect(container.image).toBe(name);
    expect(readKustomization().images.find((one) => one.name === name)?.newTag).toBe(version);
  });

  it('has the ports of the daemon, and is scraped on the HTTP one', () => {
    expect(container.ports.map(({ containerPort }) => containerPort)).toEqual(DEFAULT_PORTS[name].slice(0, 2));
    for (const { containerPort } of container.ports) expect(image.ports).toContain(containerPort);
    expect(podOf(set).metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': String(DEFAULT_PORTS[name][1]),
      'prometheus.io/path': '/metrics',
    });
  });

  it('runs as the user of the image', () => {
    expect(podOf(set).spec.securityContext).toMatchObject({ runAsUser: image.uid, runAsGroup: image.gid });
  });

  it('has more time to stop than it gives itself', () => {
    expect(podOf(set).spec.terminationGracePeriodSeconds).toBeGreaterThan(60);
  });

  it('loses one pod at a time', () => {
    expect(named('PodDisruptionBudget', name).spec).toMatchObject({ maxUnavailable: 1, selector: set.spec.selector });
  });
});

it('an nsqd registers with each nsqlookupd by its own name', () => {
  const replicas = named('StatefulSet', 'nsqlookupd').spec.replicas ?? 0;
  const nsqd = containerOf(named('StatefulSet', 'nsqd'));
  expect(flagOf(nsqd, 'lookupd-tcp-address')).toEqual(addresses('nsqlookupd', replicas, DEFAULT_PORTS.nsqlookupd[0]));
  const admin = containerOf(named('Deployment', 'nsqadmin'));
  expect(flagOf(admin, 'lookupd-http-address')).toEqual(addresses('nsqlookupd', replicas, DEFAULT_PORTS.nsqlookupd[1]));
});

it('an nsqd keeps its data in a volume of its own, which its group may write to', () => {
  const set = named('StatefulSet', 'nsqd');
  const image = imageOf('nsqd');
  expect(containerOf(set).volumeMounts).toEqual([{ name: 'data', mountPath: image.volumes[0] }]);
  expect(set.spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(['data']);
  expect(podOf(set).spec.securityContext).toMatchObject({ fsGroup: image.gid });
});

it('a full disk takes an nsqd out of publishing, and restarts nothing', () => {
  const { startupProbe, readinessProbe, livenessProbe } = containerOf(named('StatefulSet', 'nsqd'));
  expect([startupProbe?.httpGet.path, readinessProbe.httpGet.path, livenessProbe.httpGet.path]).toEqual(['/info', '/ping', '/info']);
  expect(named('Service', 'nsqd-publish').spec).not.toHaveProperty('publishNotReadyAddresses');
});

describe.each(workloads.map((one) => [one.metadata.name, one] as const))('the pods of %s', (_, workload) => {
  const pod = podOf(workload);
  const container = containerOf(workload);

  it('may do as little as possible', () => {
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('say what they need and have a bound on memory', () => {
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory']);
    expect(container.resources.limits.memory).toMatch(/^\d+[MG]i$/);
  });

  it('are selected, probed and served by names that exist', () => {
    expect(pod.metadata.labels).toMatchObject(workload.spec.selector['matchLabels'] as object);
    const ports = container.ports.map((port) => port.name);
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      if (probe !== undefined) expect(ports).toContain(probe.httpGet.port);
    }
    const services = manifests.filter(({ kind, spec }) => kind === 'Service' && isIn(spec.selector, pod.metadata.labels));
    expect(services.length).toBeGreaterThan(0);
    for (const { spec } of services) for (const { targetPort } of spec.ports ?? []) expect(ports).toContain(targetPort);
  });
});

function isIn(selector: Readonly<Record<string, unknown>>, labels: object): boolean {
  return Object.entries(selector).every(([key, value]) => (labels as Record<string, unknown>)[key] === value);
}
