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

/** Rehearses a release of HEAD, from the commit to what a stranger installs. @returns whether all went well */
export async function rehearse(root: string, { keep }: { readonly keep: boolean }): Promise<boolean> {
  const started = Date.now();
  const stage = await Stage.open(root, keep);
  if (keep) console.log(`everything stays in ${stage.folder}`);
  try {
    for (const [name, run] of STEPS) {
      const begun = Date.now();
      const show = (verdict: string, text: string) =>
        console.log(`${verdict}  ${name.padEnd(16)} ${seconds(begun).padStart(6)} s  ${text}`);
      try {
        show('pass', await run(stage));
      } catch (error) {
        show('FAIL', (error as Error).message.replaceAll('\n', '\n    '));
        console.log(`the rehearsal failed at "${name}" after ${seconds(started)} s`);
        return false;
      }
    }
  } finally {
    await stage.registry.stop();
  }
  console.log(`the rehearsal passed: ${STEPS.length} steps, v${stage.version}, ${seconds(started)} s`);
  return true;
}

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);
