// Makes src/schemas.ts from our schemas: their ids, and a type for the data of each.
//
//   node scripts/schema-types.mjs            write it
//   node scripts/schema-types.mjs --check    compare it with what is committed

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const schemas = join(root, 'jupyter_eventlog', 'schemas');
const target = join(root, 'src', 'schemas.ts');
/** Those whose events come from the browser. */
const ours = ['activity', 'command', 'session'];

const banner = `// Our events as their schemas have them. Made by scripts/schema-types.mjs: change the schemas, not this.`;

/**
 * Without what TypeScript cannot say, which the server checks: which properties go together.
 *
 * And without the titles of properties: they are for people, and would each become the name of a type.
 */
function simplified(schema) {
  if (Array.isArray(schema)) {
    return schema.map(simplified);
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const kept = Object.entries(schema).filter(
    ([keyword, value]) =>
      !['allOf', 'oneOf', 'examples'].includes(keyword) &&
      !(keyword === 'title' && typeof value === 'string')
  );
  return Object.fromEntries(
    kept.map(([keyword, value]) => [keyword, simplified(value)])
  );
}

async function typesOf(file) {
  const schema = JSON.parse(readFileSync(join(schemas, file), 'utf8'));
  const [name, version] = schema.$id.split('/').slice(-2);
  const type = `${name[0].toUpperCase()}${name.slice(1)}${version.toUpperCase()}`;
  const constant = `${name}_${version}`.toUpperCase();
  const types = await compile({ ...simplified(schema), title: type }, type, {
    bannerComment: '',
    format: false
  });
  return `/** Id of the schema of {@link ${type}}. */
export const ${constant} = '${schema.$id}';

${types}`;
}

const files = readdirSync(schemas)
  .filter(file => ours.includes(file.split('.v')[0]))
  .sort();
const parts = await Promise.all(files.map(typesOf));
const made = await format([banner, ...parts].join('\n\n'), {
  ...(await resolveConfig(target)),
  parser: 'typescript'
});

if (!process.argv.includes('--check')) {
  writeFileSync(target, made);
} else if (readFileSync(target, 'utf8') !== made) {
  console.error('src/schemas.ts is not what the schemas say; run:');
  console.error('node scripts/schema-types.mjs');
  process.exit(1);
}
