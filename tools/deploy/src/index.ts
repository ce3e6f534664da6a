export { Container, noContainers, type Ended } from './container.js';
export { allOf, execForm, lastOf, parseDockerfile, type Dockerfile, type Instruction, type Stage } from './dockerfile.js';
export { contextFilter } from './dockerignore.js';
export { imageOf, type DaemonImage } from './daemon-image.js';
export {
  manifestFiles,
  readCompose,
  readKustomization,
  readManifests,
  type Compose,
  type ComposeService,
  type Kustomization,
  type Manifest,
  type PodContainer,
  type Probe,
} from './manifests.js';
export { DEFAULT_PORTS, flagsProblem } from './flags.js';
export { workspaceFile } from './workspace.js';
