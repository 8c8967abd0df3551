// Commands that say nothing about what somebody wanted: counted, not recorded one by one.

/** Run on every change of tab; a quarter of all executions. */
const ON_TAB_CHANGE = [
  'console:get-kernel',
  'helpmenu:get-kernel',
  'notebook:get-kernel'
];

/** Run on every press of an arrow key, often held down. */
const CURSOR_MOVEMENTS = [
  'notebook:extend-marked-cells-above',
  'notebook:extend-marked-cells-below',
  'notebook:move-cursor-down',
  'notebook:move-cursor-heading-above-or-collapse',
  'notebook:move-cursor-heading-below-or-expand',
  'notebook:move-cursor-up'
];

export const QUIET_COMMANDS: ReadonlySet<string> = new Set([
  ...ON_TAB_CHANGE,
  ...CURSOR_MOVEMENTS
]);
