import { Stage } from './stage.js';
import { clone } from './steps/clone.js';
import { daemonsAlone } from './steps/daemons-alone.js';
import { firstUse } from './steps/first-use.js';
import { modules } from './steps/modules.js';
import { breakingRelease, nextRelease, publication } from './steps/releases.js';
import { tarballs } from './steps/tarballs.js';
import { types } from './steps/types.js';

/** Each builds on those before it: the first that fails is the end. */
const STEPS: readonly (readonly [name: string, run: (stage: Stage) => Promise<string>])[] = [
  ['clone', clone],
  ['next release', nextRelease],
  ['breaking release', breakingRelease],
  ['publication', publication],
  ['tarballs', tarballs],
  ['first use', firstUse],
  ['daemons alone', daemonsAlone],
  ['modules', modules],
  ['types', types],
];

/** Rehearses a release of HEAD, from the commit to what a stranger installs; the last line has the totals. @returns whether all went well */
export async function rehearse(root: string, { keep }: { readonly keep: boolean }): Promise<boolean> {
  const started = Date.now();
  const stage = await Stage.open(root, keep);
  if (keep) console.log(`everything stays in ${stage.folder}`);
  let passed = 0;
  try {
    for (const [name, run] of STEPS) {
      const begun = Date.now();
      const show = (verdict: string, text: string) =>
        console.log(`${verdict}  ${name.padEnd(16)} ${seconds(begun).padStart(6)} s  ${text}`);
      try {
        show('pass', await run(stage));
        passed++;
      } catch (error) {
        show('FAIL', (error as Error).message.replaceAll('\n', '\n    '));
        break;
      }
    }
  } finally {
    await stage.registry.stop();
  }
  const left = STEPS.length - passed - 1;
  if (left > 0) console.log(`${left} more were not tried`);
  console.log(`${seconds(started)} s`);
  const failed = passed === STEPS.length ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);
