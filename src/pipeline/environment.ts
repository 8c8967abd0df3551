// Families of platform and browser, never more: what a session event tells about the machine.

import type { SessionV1 } from '../schemas';

export type Platform = NonNullable<SessionV1['platform']>;
export type Browser = NonNullable<SessionV1['browser']>;

/** The part of `navigator` that is looked at. */
export interface INavigatorFacts {
  readonly userAgent: string;
  readonly maxTouchPoints?: number;
}

// First that fits: Android names Linux too, and an iPad claims to be a Mac.
const PLATFORMS: readonly (readonly [RegExp, Platform])[] = [
  [/Android/, 'android'],
  [/iPhone|iPad|iPod/, 'ios'],
  [/Windows/, 'windows'],
  [/Macintosh|Mac OS X/, 'macos'],
  [/Linux|X11|CrOS/, 'linux']
];

// Chromium claims to be Safari; every browser on iOS is Safari underneath.
const BROWSERS: readonly (readonly [RegExp, Browser])[] = [
  [/Firefox\//, 'firefox'],
  [/Chrome\/|Chromium\//, 'chromium'],
  [/Safari\//, 'safari']
];

export function platformFamily(facts: INavigatorFacts): Platform {
  const platform = first(PLATFORMS, facts.userAgent) ?? 'other';
  const isTouchMac = platform === 'macos' && (facts.maxTouchPoints ?? 0) > 1;
  return isTouchMac ? 'ios' : platform;
}

export function browserFamily(facts: INavigatorFacts): Browser {
  return first(BROWSERS, facts.userAgent) ?? 'other';
}

function first<T>(
  table: readonly (readonly [RegExp, T])[],
  text: string
): T | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}
