import { readdirSync, readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { workspaceFile } from './workspace.js';

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { readonly resources: { readonly limits: { readonly memory: string } } };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  readonly securityContext: object;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** A Kubernetes object, as far as the checks look at it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly selector: Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
    readonly serviceName?: string;
    readonly replicas?: number;
    readonly template?: {
      readonly metadata: { readonly labels: object; readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds?: number;
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly containers: readonly PodContainer[];
      };
    };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

export interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

const FOLDER = 'deploy/kubernetes';

/** `deploy/compose.yaml`, with its anchors and merges resolved. */
export function readCompose(): Compose {
  return parse(readFileSync(workspaceFile('deploy/compose.yaml'), 'utf8'), { merge: true }) as Compose;
}

export function readKustomization(): Kustomization {
  return parse(readFileSync(workspaceFile(`${FOLDER}/kustomization.yaml`), 'utf8')) as Kustomization;
}

/** All objects that the kustomization names. @throws {Error} at a file that is not YAML */
export function readManifests(): readonly Manifest[] {
  return readKustomization().resources.flatMap((file) =>
    parseAllDocuments(readFileSync(workspaceFile(`${FOLDER}/${file}`), 'utf8')).map((document) => {
      const [problem] = document.errors;
      if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
      return document.toJS() as Manifest;
    }),
  );
}

/** The files of manifests in the folder, whether they are named or not. */
export function manifestFiles(): readonly string[] {
  return readdirSync(workspaceFile(FOLDER)).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
}
