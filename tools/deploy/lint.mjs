// `npm run lint:deploy`: the linters of others on the Dockerfiles, the compose file and the manifests, and the build stages' commands on exactly what
// .dockerignore lets through. Each linter must refuse a broken copy first. Needs Python 3.10; with Go, kustomize renders the manifests.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureInstalled, nx, root } from '../workspace.mjs';

const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.6.0';
const build = path.join(root, 'tools/deploy/.build');
const bin = path.join(build, 'venv/bin');
const findings = [];
const checked = [];

/** @returns what the program said, and whether it was content */
function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 2 ** 26,
    ...options,
  });
  return { ok: status === 0, output: error?.message ?? `${stdout}${stderr}`.trim() };
}

function installPython() {
  const requirements = path.join(root, 'tools/deploy/requirements.txt');
  const stamp = path.join(build, 'venv/.installed');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the linters, once ...');
  rmSync(path.join(build, 'venv'), { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', path.join(build, 'venv')], { stdio: 'inherit' });
  execFileSync(path.join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', '--requirement', requirements], {
    stdio: 'inherit',
  });
  writeFileSync(stamp, wanted);
}

/** Where kustomize is, in a folder for its version; undefined without Go. */
function installKustomize() {
  const program = path.join(build, `go-${KUSTOMIZE.split('@')[1]}`, 'kustomize');
  if (existsSync(program)) return program;
  if (!run('go', ['version']).ok) return undefined;
  console.log('Building kustomize, once ...');
  execFileSync('go', ['install', KUSTOMIZE], {
    cwd: build,
    stdio: 'inherit',
    env: { ...process.env, GOBIN: path.dirname(program), GOFLAGS: '' },
  });
  return program;
}

/** Has a linter look at a broken copy, which it must refuse, then at the file. */
function lint(name, file, linter, breakIt) {
  const text = readFileSync(file, 'utf8');
  const copy = path.join(build, `broken-${path.basename(path.dirname(file))}-${path.basename(file)}`);
  const broken = breakIt(text);
  if (broken === text) throw new Error(`${file}: nothing to break for ${name}`);
  writeFileSync(copy, broken);
  if (linter(copy).ok) findings.push(`${name} has nothing against a broken copy of ${file}: it proves nothing`);
  rmSync(copy);
  const { ok, output } = linter(file);
  if (!ok) findings.push(`${name}: ${file}\n${output}`);
  checked.push(`${name} ${path.relative(root, file)}`);
}

/** Runs the RUN commands of a build stage in what the build would get, and looks for what the runtime stage copies. */
function buildStage(daemon, { allOf, contextFilter, imageOf }) {
  const image = imageOf(daemon);
  // Not inside the workspace, whose node_modules would be found.
  const folder = mkdtempSync(path.join(tmpdir(), 'nsq-context-'));
  const sent = contextFilter(readFileSync(path.join(root, '.dockerignore'), 'utf8'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const file of files.filter((file) => sent(file) && existsSync(path.join(root, file)))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(folder, file));
  }
  for (const command of allOf(image.buildStage, 'RUN')) {
    const { ok, output } = run('sh', ['-c', command.replace(/^(--\S+\s+)+/, '')], {
      cwd: folder,
      env: { ...process.env, CI: 'true', NX_DAEMON: 'false' },
    });
    if (!ok) findings.push(`the build stage of ${daemon}: ${command}\n${output}`);
  }
  const [copy = ''] = allOf(image.runtimeStage, 'COPY');
  for (const source of copy.split(/\s+/).slice(1, -1)) {
    if (!existsSync(path.join(folder, path.relative('/src', source)))) findings.push(`the build stage of ${daemon} makes no ${source}`);
  }
  const version = run(process.execPath, [path.join(folder, `apps/${daemon}/bundle/${daemon}.js`), '--version']);
  if (!version.ok) findings.push(`the bundle of ${daemon} does not run\n${version.output}`);
  rmSync(folder, { recursive: true, force: true });
  checked.push(`build stage of ${daemon}`);
}

await ensureInstalled();
if ((await nx('build', '@nsq/deploy', '--output-style=static', '--verbose=false')) !== 0) process.exit(1);
const checks = await import('./dist/index.js');
mkdirSync(build, { recursive: true });
installPython();
const kustomize = installKustomize();

for (const daemon of ['nsqd', 'nsqlookupd']) {
  const file = path.join(root, `apps/${daemon}/Dockerfile`);
  lint(
    'hadolint',
    file,
    (one) => run(path.join(bin, 'hadolint'), ['--failure-threshold=style', one]),
    (text) => text.replace(/^WORKDIR .*/m, 'WORKDIR here'),
  );
}
lint(
  'compose schema',
  path.join(root, 'deploy/compose.yaml'),
  (one) => run(path.join(bin, 'check-jsonschema'), ['--builtin-schema', 'vendor.compose-spec', one]),
  (text) => text.replace('restart:', 'restarts:'),
);
const kubernetes = path.join(root, 'deploy/kubernetes');
const validate = (one) => run(path.join(bin, 'kubernetes-validate'), ['--strict', one]);
for (const file of readdirSync(kubernetes).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')) {
  lint('kubernetes-validate', path.join(kubernetes, file), validate, (text) => text.replace('containerPort:', 'containerPorts:'));
}
if (kustomize === undefined) {
  console.log('No Go: the manifests are not rendered by kustomize.');
} else {
  lint(
    'kustomize',
    path.join(kubernetes, 'kustomization.yaml'),
    (one) => {
      const folder = path.join(build, 'kustomize');
      rmSync(folder, { recursive: true, force: true });
      cpSync(kubernetes, folder, { recursive: true });
      cpSync(one, path.join(folder, 'kustomization.yaml'));
      const rendered = run(kustomize, ['build', folder]);
      if (!rendered.ok) return rendered;
      const all = path.join(build, 'rendered.yaml');
      writeFileSync(all, rendered.output);
      return validate(all);
    },
    (text) => text.replace('nsqd.yaml', 'nsqq.yaml'),
  );
}
for (const daemon of ['nsqd', 'nsqlookupd']) buildStage(daemon, checks);

for (const finding of findings) console.error(finding);
console.log(`Checked: ${checked.join(', ')}.`);
console.log(`${Math.max(0, checked.length - findings.length)} passed, ${findings.length} failed`);
process.exitCode = findings.length === 0 ? 0 : 1;
