import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * The licences of the packages that these files come from, as one text.
 * @param files paths as a bundler lists them; what is not below a `node_modules` is not third party
 * @throws {Error} when a package has no licence to give: it cannot be shipped
 */
export async function thirdPartyLicences(files) {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  const packages = await Promise.all([...folders].map(licenceOf));
  const unique = [...new Map(packages.map((one) => [one.name, one])).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return unique.map(({ name, licence, text }) => `${name} (${licence})\n\n${text.trim()}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(file) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

async function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  // Some only name it; the words are the same for all, but for the holder of the copyright.
  if (files.length === 0 && license === 'MIT' && author !== undefined) texts.push(mit(author.name ?? author));
  if (texts.length === 0) throw new Error(`${name} ${version} has no licence file`);
  return { name: `${name} ${version}`, licence: license, text: texts.join('\n\n') };
}

const mit = (holder) => `Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
