// What was measured, as Markdown beside the budgets; and which promises were broken.

import { table } from './figures.mjs';
import { CONTENDERS } from './measure.mjs';

const MAX_MEDIAN_US = 5;
const MAX_P99_US = 100;
const MAX_TASK_MS = 50;
const MAX_START_BYTES = 10_000;
const MAX_REQUESTS = 2;

/** Times have budgets; promises have no exception. */
export function report(measured, { plan, burst, browser }) {
  const broken = [];
  const promise = (text, isKept) => {
    if (!isKept) {
      broken.push(text);
    }
    return isKept ? 'kept' : 'BROKEN';
  };
  const text = [
    `Chromium ${browser}, ${plan.rounds} rounds; ${plan.batches * plan.size * 2} commands a round and contender. ` +
      'Times are those of this machine.',
    requests(measured, burst, promise),
    commands(measured),
    events(measured),
    weights(measured)
  ].join('\n\n');
  return { text: `${text}\n`, broken };
}

const within = isWithin => (isWithin ? 'kept' : 'missed');
const us = value => value.toFixed(1);
const kb = bytes => (bytes / 1000).toFixed(1);

function requests({ requestsWhenOff, isHooked, bursts }, burst, promise) {
  const { atStart, later } = requestsWhenOff;
  const { off, local } = bursts;
  return table(
    ['requests and tasks', 'found', 'budget', 'verdict'],
    [
      [
        'requests at start-up, everything off',
        atStart,
        '0',
        promise('no request at start-up when off', atStart === 0)
      ],
      [
        'requests after that, everything off',
        later,
        '0',
        promise('no request when off', later === 0)
      ],
      [
        '`commands.execute` is untouched, everything off',
        isHooked ? 'no' : 'yes',
        'yes',
        promise('no hook when off', !isHooked)
      ],
      [
        `requests for a burst of ${burst} commands`,
        local.requests,
        `1 to ${MAX_REQUESTS}`,
        promise(
          `at most ${MAX_REQUESTS} requests for ${burst} commands, and at least one`,
          local.requests >= 1 && local.requests <= MAX_REQUESTS
        )
      ],
      [`their bodies, bytes`, local.bytes, '', ''],
      [
        'longest task from its begin to the last answer, ms (off)',
        `${local.longestMs.toFixed(1)} (${off.longestMs.toFixed(1)})`,
        `< ${MAX_TASK_MS}`,
        within(local.longestMs < MAX_TASK_MS)
      ]
    ]
  );
}

function commands({ commands: found }) {
  const [base] = found;
  const ours = found.at(-1);
  const added = (one, key) => one[key] - base[key];
  const rows = found.map((one, index) => [
    CONTENDERS[index].name,
    (one.median / base.median).toFixed(1),
    us(one.median),
    us(one.p99),
    us(one.whole),
    us(added(one, 'median')),
    us(added(one, 'p99')),
    us(added(one, 'whole'))
  ]);
  const verdicts = [
    'budget for what we add',
    '',
    '',
    '',
    '',
    `≤ ${MAX_MEDIAN_US}, ${within(added(ours, 'median') <= MAX_MEDIAN_US)}`,
    `≤ ${MAX_P99_US}, ${within(added(ours, 'p99') <= MAX_P99_US)}`,
    ''
  ];
  return table(
    [
      'one command, µs',
      'ratio',
      'median',
      'p99',
      'all work',
      'added, median',
      'added, p99',
      'added, all work'
    ],
    [...rows, verdicts]
  );
}

function events({ events: { off, local } }) {
  return table(
    ['one event, µs', 'off', 'ours (local)', 'added', 'off, p99', 'ours, p99'],
    Object.keys(off).map(type => [
      type,
      us(off[type].mean),
      us(local[type].mean),
      us(local[type].mean - off[type].mean),
      us(off[type].p99),
      us(local[type].p99)
    ])
  );
}

const STAGES = {
  off: 'start-up, everything off',
  local: 'more while something is recorded',
  panel: 'more when the panel opens'
};

function weights({ stages }) {
  const rows = stages.flatMap(({ name, parts, gzip }, index) => [
    [
      STAGES[name] ?? name,
      kb(gzip),
      index === 0 ? `≤ ${kb(MAX_START_BYTES)}` : '',
      index === 0 ? within(gzip <= MAX_START_BYTES) : ''
    ],
    ...parts.map(({ file, gzip: size }) => [`– ${file}`, kb(size), '', ''])
  ]);
  return table(['scripts, kB gzip', 'found', 'budget', 'verdict'], rows);
}
