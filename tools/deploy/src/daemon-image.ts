import { readFileSync } from 'node:fs';
import { allOf, execForm, lastOf, parseDockerfile, type Dockerfile, type Stage } from './dockerfile.js';
import { workspaceFile } from './workspace.js';

/** What a daemon's image is made of, read from its Dockerfile. */
export interface DaemonImage {
  readonly name: string;
  readonly dockerfile: Dockerfile;
  readonly buildStage: Stage;
  readonly runtimeStage: Stage;
  readonly entrypoint: readonly string[];
  /** The command that asks whether it is healthy. */
  readonly healthcheck: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly workingFolder: string;
  readonly volumes: readonly string[];
  readonly ports: readonly number[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads `apps/<name>/Dockerfile`. @throws {Error} when it is not of two stages, or something in it is not as all of our images have it */
export function imageOf(name: string): DaemonImage {
  const dockerfile = parseDockerfile(readFileSync(workspaceFile(`apps/${name}/Dockerfile`), 'utf8'));
  const [buildStage, runtimeStage, ...more] = dockerfile.stages;
  if (buildStage === undefined || runtimeStage === undefined || more.length > 0) throw new Error(`${name}: not two stages`);
  const user = /^(\d+):(\d+)$/.exec(lastOf(runtimeStage, 'USER') ?? '');
  if (user === null) throw new Error(`${name}: USER is not two numbers`);
  return {
    name,
    dockerfile,
    buildStage,
    runtimeStage,
    entrypoint: execForm(lastOf(runtimeStage, 'ENTRYPOINT')),
    healthcheck: execForm(/\bCMD\s+(\[.*)$/.exec(lastOf(runtimeStage, 'HEALTHCHECK') ?? '')?.[1]),
    uid: Number(user[1]),
    gid: Number(user[2]),
    workingFolder: lastOf(runtimeStage, 'WORKDIR') ?? '/',
    volumes: allOf(runtimeStage, 'VOLUME'),
    ports: (lastOf(runtimeStage, 'EXPOSE') ?? '').split(/\s+/).map(Number),
    environment: Object.fromEntries(allOf(runtimeStage, 'ENV').map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string])),
  };
}
