// What this browser asks of every site. On the start-up path, so it stays small.

/** Whether it says that nothing may be shared: Global Privacy Control, https://www.w3.org/TR/gpc/. */
export function isGpcOn(): boolean {
  return Reflect.get(navigator, 'globalPrivacyControl') === true;
}
