// Lists that grow at their end and are asked about it, on every command: no search and no copy where none is needed.

/** The newest for which `test` holds, without a list of all. */
export function last<T>(
  items: readonly T[],
  test: (item: T) => boolean
): T | null {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index];
    if (item !== undefined && test(item)) {
      return item;
    }
  }
  return null;
}

/** Take an item out, if it is there; mostly it is the last. Whether it was there. */
export function remove<T>(items: T[], item: T): boolean {
  const index = items.lastIndexOf(item);
  if (index < 0) {
    return false;
  }
  if (index === items.length - 1) {
    // Without the array of what was removed that `splice` makes.
    items.length = index;
  } else {
    items.splice(index, 1);
  }
  return true;
}
