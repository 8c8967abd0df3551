// The second table: interactions that the rules were not tuned on, and what became of them.

import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

import { test as plain } from '@playwright/test';

import { UNSEEN } from '../interactions/unseen';
import type { Result } from '../interactions/unseen-document';
import {
  isWrong,
  judged,
  resultText,
  titleOf,
  withResult
} from '../interactions/unseen-document';
import { judgeGroup } from '../interactions/unseen-run';
import { WHY } from '../interactions/unseen-why';
import { expect, test } from '../lab';

const RESULT = join(__dirname, '../interactions/unseen-result.json');
const DOCUMENT = join(__dirname, '../../docs/reference/triggers.md');

const published = (): Result =>
  JSON.parse(readFileSync(RESULT, 'utf8')) as Result;

// A kernel that is busy with its start answers late, and completions are given up after a second.
test.use({
  settings: {
    'settings/@jupyterlab/completer-extension/manager.jupyterlab-settings': {
      providerTimeout: 10_000
    }
  }
});

// Its rows have been seen in one round each; in the gate they belong once the whole has gone through some more.
const ASKED = process.env.EVENTLOG_UNSEEN ?? process.env.EVENTLOG_WRITE_RESULT;

/** `EVENTLOG_WRITE_RESULT=1 playwright test unseen` writes down what happens, and then the document. */
for (const group of UNSEEN) {
  const title = titleOf(group);
  test(`${title}: what was published happens`, async ({ browser, lab }) => {
    test.skip(!ASKED, 'made with EVENTLOG_UNSEEN=1: five minutes');
    test.setTimeout(300_000);
    const verdicts = await judgeGroup(group, browser, lab);
    if (process.env.EVENTLOG_WRITE_RESULT) {
      const result = { ...published(), [title]: verdicts };
      writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
    }
    expect(verdicts).toEqual(published()[title]);
  });
}

plain('there are at least 60 interactions, 10 of them in Notebook', () => {
  const all = judged(UNSEEN, published());
  const names = all.map(({ group, one }) => `${group}: ${one.name}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
  const inNotebook = names.filter(name => name.startsWith('Notebook'));
  expect(inNotebook.length).toBeGreaterThanOrEqual(10);
});

plain('each row that is told wrongly is explained, and could be made', () => {
  const wrong = judged(UNSEEN, published()).filter(isWrong);
  expect(Object.keys(WHY).sort()).toEqual(
    wrong.map(({ one }) => one.name).sort()
  );
  const lines = wrong.flatMap(({ verdict }) => verdict.wrong);
  expect(lines.filter(line => line.startsWith('could not'))).toEqual([]);
});

plain('the result in docs/reference/triggers.md is this one', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const wanted = withResult(text, resultText(UNSEEN, published()));
  if (process.env.EVENTLOG_WRITE_RESULT) {
    writeFileSync(DOCUMENT, wanted);
  }
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(wanted);
});
