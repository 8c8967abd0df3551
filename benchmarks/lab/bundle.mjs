// What the front end weighs, by when the browser fetches it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Name → bytes of each script of a built front end, as it is and compressed. */
export function weigh(labextension) {
  const directory = join(labextension, 'static');
  const names = readdirSync(directory).filter(name => name.endsWith('.js'));
  return new Map(
    names.map(name => {
      const content = readFileSync(join(directory, name));
      return [name, { bytes: content.length, gzip: gzipSync(content).length }];
    })
  );
}

/**
 * @param stages list of `{name, files}`, in the order in which a page comes to them
 * @returns for each stage what it fetches that no stage before it did; last, what none fetched
 */
export function byStage(weights, stages) {
  const left = new Map(weights);
  const take = (name, files) => {
    const found = [...new Set(files)].filter(file => left.has(file));
    const parts = found.map(file => ({ file, ...left.get(file) }));
    found.forEach(file => left.delete(file));
    return {
      name,
      parts,
      gzip: parts.reduce((sum, { gzip }) => sum + gzip, 0)
    };
  };
  const taken = stages.map(({ name, files }) => take(name, files));
  return [...taken, take('not fetched here', [...left.keys()])];
}
