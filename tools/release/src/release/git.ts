import { runToEnd } from '@nsq/e2e';

const GIT_MS = 60_000;
const RELEASES = 'v[0-9]*';

/** @returns what git wrote, without the last line end @throws {Error} with what it said */
export async function git(root: string, ...args: readonly string[]): Promise<string> {
  return (await runToEnd(['git', ...args], { cwd: root, timeoutMs: GIT_MS })).trimEnd();
}

/** The tags of releases that HEAD contains. */
export async function releaseTags(root: string): Promise<string[]> {
  return lines(await git(root, 'tag', '--list', RELEASES, '--merged', 'HEAD'));
}

/** The tag of the release that HEAD is; null when it is none. */
export async function tagOfHead(root: string): Promise<string | null> {
  return lines(await git(root, 'tag', '--list', RELEASES, '--points-at', 'HEAD', '--sort=-version:refname'))[0] ?? null;
}

/** The newest release of all branches; null before the first. */
export async function newestTag(root: string): Promise<string | null> {
  return lines(await git(root, '-c', 'versionsort.suffix=-', 'tag', '--list', RELEASES, '--sort=-version:refname'))[0] ?? null;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
