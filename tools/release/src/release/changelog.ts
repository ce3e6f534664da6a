/** The section of a version in the changelog, without its title. @throws {Error} when there is none */
export function changelogSection(changelog: string, version: string): string {
  const lines = changelog.split('\n');
  const start = lines.findIndex((line) => titleOf(line) === version);
  if (start === -1) throw new Error(`CHANGELOG.md has no section for ${version}`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^##? /.test(line));
  return rest
    .slice(0, end === -1 ? rest.length : end)
    .join('\n')
    .trim();
}

/** Versions of the changelog, as they stand in it. */
export function changelogVersions(changelog: string): string[] {
  return changelog.split('\n').flatMap((line) => titleOf(line) ?? []);
}

/** Nx writes `## 0.2.0 (2026-01-31)`, and `# ...` for the first version of a major. */
function titleOf(line: string): string | null {
  return /^##? \[?v?(\d+\.\d+\.\d+[^\s\]]*)/.exec(line)?.[1] ?? null;
}
