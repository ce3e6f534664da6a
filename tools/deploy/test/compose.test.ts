import { readFileSync } from 'node:fs';
import { DEFAULT_PORTS, flagsProblem, imageOf, readCompose, workspaceFile } from '../src/index.js';

const { services, volumes } = readCompose();
const ours = Object.entries(services).flatMap(([name, service]) => {
  const program = /^(nsqd|nsqlookupd)(-\d+)?$/.exec(name)?.[1] as 'nsqd' | 'nsqlookupd' | undefined;
  return program === undefined ? [] : [{ name, program, service }];
});
const flagOf = (command: readonly string[] = [], flag: string) =>
  command.filter((word) => word.startsWith(`--${flag}=`)).map((word) => word.slice(flag.length + 3));

it('has one nsqlookupd, two nsqds and the admin page', () => {
  expect(Object.keys(services)).toEqual(['nsqlookupd', 'nsqd-1', 'nsqd-2', 'nsqadmin']);
});

describe.each(ours)('$name', ({ name, program, service }) => {
  const image = imageOf(program);

  it('is the image of its Dockerfile, in the version of the package', () => {
    const { version } = JSON.parse(readFileSync(workspaceFile(`apps/${program}/package.json`), 'utf8')) as { version: string };
    expect(service.image).toBe(`${program}:${version}`);
    expect(service.build).toEqual({ context: '..', dockerfile: `apps/${program}/Dockerfile` });
  });

  it('has only flags that the daemon takes', () => {
    expect(flagsProblem(program, service.command ?? [])).toBeNull();
  });

  it('tells clients its own name', () => {
    expect(flagOf(service.command, 'broadcast-address')).toEqual([name]);
  });

  it('publishes ports that the image exposes, to this machine only', () => {
    for (const port of service.ports ?? []) {
      const [host, , inside] = port.split(':');
      expect(host).toBe('127.0.0.1');
      expect(image.ports).toContain(Number(inside));
    }
  });

  it('keeps its data in a volume that exists, where the image has it', () => {
    const mounts = (service.volumes ?? []).map((mount) => mount.split(':'));
    expect(mounts.map(([, folder]) => folder)).toEqual([...image.volumes]);
    for (const [volume = ''] of mounts) expect(Object.keys(volumes)).toContain(volume);
  });

  it('registers with every nsqlookupd there is', () => {
    const lookupds = ours.filter((one) => one.program === 'nsqlookupd').map((one) => `${one.name}:${DEFAULT_PORTS.nsqlookupd[0]}`);
    expect(flagOf(service.command, 'lookupd-tcp-address')).toEqual(program === 'nsqd' ? lookupds : []);
  });

  it('has more time to stop than it gives itself, starts again, and is limited', () => {
    expect(Number.parseInt(service.stop_grace_period ?? '0')).toBeGreaterThan(60);
    expect(service).toMatchObject({ restart: 'unless-stopped', read_only: true, cap_drop: ['ALL'] });
    expect(service.deploy?.resources.limits.memory).toMatch(/^\d+[MG]$/);
  });
});

it('nodes have ids and volumes of their own', () => {
  const nsqds = ours.filter(({ program }) => program === 'nsqd');
  for (const values of [
    nsqds.flatMap(({ service }) => flagOf(service.command, 'node-id')),
    nsqds.flatMap(({ service }) => service.volumes ?? []),
  ]) {
    expect(new Set(values).size).toBe(nsqds.length);
  }
});

it('the admin page asks every nsqlookupd', () => {
  expect(flagOf(services['nsqadmin']?.command, 'lookupd-http-address')).toEqual([`nsqlookupd:${DEFAULT_PORTS.nsqlookupd[1]}`]);
  expect(services['nsqadmin']?.healthcheck?.test.at(-1)).toBe('http://127.0.0.1:4171/ping');
});
