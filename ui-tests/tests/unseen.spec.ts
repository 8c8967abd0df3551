// The second table and the third: interactions that the rules were not tuned on, and what became of them.

import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

import { test as plain } from '@playwright/test';

import { UNSEEN } from '../interactions/unseen';
import type { Result } from '../interactions/unseen-document';
import {
  isWrong,
  judged,
  resultText,
  SECOND,
  THIRD,
  thirdText,
  titleOf,
  withResult
} from '../interactions/unseen-document';
import type { IUnseenGroup } from '../interactions/unseen-rows';
import { judgeGroup, otherwise } from '../interactions/unseen-run';
import { THIRD as THIRD_GROUPS } from '../interactions/unseen-third';
import { WHY } from '../interactions/unseen-why';
import { expect, test } from '../lab';

const DOCUMENT = join(__dirname, '../../docs/reference/triggers.md');
const pathOf = (name: string): string =>
  join(__dirname, '../interactions', `${name}.json`);
const read = (name: string): Result =>
  JSON.parse(readFileSync(pathOf(name), 'utf8')) as Result;

/** What was told when the second suite was new to the rules: never written again. */
const FIRST = 'unseen-result';
const NOW = 'unseen-result-now';
const THIRD_RESULT = 'unseen-third-result';

const SUITES: readonly (readonly [readonly IUnseenGroup[], string])[] = [
  [UNSEEN, NOW],
  [THIRD_GROUPS, THIRD_RESULT]
];

// A kernel that is busy with its start answers late, and completions are given up after a second.
test.use({
  settings: {
    'settings/@jupyterlab/completer-extension/manager.jupyterlab-settings': {
      providerTimeout: 10_000
    }
  }
});

/** `EVENTLOG_WRITE_RESULT=1 playwright test unseen` writes down what happens, and then the document. */
for (const [groups, file] of SUITES) {
  for (const group of groups) {
    const title = titleOf(group);
    test(`${title}: what was published happens, or better`, async ({
      browser,
      lab
    }) => {
      const verdicts = await judgeGroup(group, browser, lab);
      if (process.env.EVENTLOG_WRITE_RESULT) {
        const result = { ...read(file), [title]: verdicts };
        writeFileSync(pathOf(file), `${JSON.stringify(result, null, 2)}\n`);
      }
      expect(otherwise(read(file)[title] ?? {}, verdicts)).toEqual({});
    });
  }
}

plain('there are at least 60 interactions, 10 of them in Notebook', () => {
  const all = judged(UNSEEN, read(FIRST));
  const names = all.map(({ group, one }) => `${group}: ${one.name}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
  const inNotebook = names.filter(name => name.startsWith('Notebook'));
  expect(inNotebook.length).toBeGreaterThanOrEqual(10);
});

plain('each row that is told wrongly is explained, and could be made', () => {
  const wrong = [
    ...judged(UNSEEN, read(FIRST)),
    ...judged(UNSEEN, read(NOW)),
    ...judged(THIRD_GROUPS, read(THIRD_RESULT))
  ].filter(isWrong);
  const names = new Set(wrong.map(({ one }) => one.name));
  expect(Object.keys(WHY).sort()).toEqual([...names].sort());
  const lines = wrong.flatMap(({ verdict }) => verdict.wrong);
  expect(lines.filter(line => line.startsWith('could not'))).toEqual([]);
});

plain('nothing is told as exact that is not so', () => {
  const exact = SUITES.flatMap(([groups, file]) =>
    judged(groups, read(file)).filter(
      ({ verdict }) => verdict.beyond === 'exact'
    )
  );
  expect(exact.map(({ one }) => one.name)).toEqual([]);
});

plain('the results in docs/reference/triggers.md are these', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const second = resultText(UNSEEN, read(FIRST), read(NOW));
  const third = thirdText(THIRD_GROUPS, read(THIRD_RESULT));
  const wanted = withResult(withResult(text, SECOND, second), THIRD, third);
  if (process.env.EVENTLOG_WRITE_RESULT) {
    writeFileSync(DOCUMENT, wanted);
  }
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(wanted);
});
