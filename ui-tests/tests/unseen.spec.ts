// The second table: interactions that the rules were not tuned on.

import { test as plain } from '@playwright/test';

import { UNSEEN } from '../interactions/unseen';
import { expect } from '../lab';

plain('there are at least 60 interactions, 10 of them in Notebook', () => {
  const names = UNSEEN.flatMap(({ name, application, interactions }) =>
    interactions.map(one => `${application}, ${name}: ${one.name}`)
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
  const inNotebook = names.filter(name => name.startsWith('Notebook'));
  expect(inNotebook.length).toBeGreaterThanOrEqual(10);
});
