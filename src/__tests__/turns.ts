// Waiting that counts turns and conditions, not time: a busy machine lets time pass in which nothing is done.

/** Let the event loop go round so many times; each time timers and stores have their turn. */
export async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise(resolve => setTimeout(resolve, 0));
  }
}

/** Wait until a condition holds; a test that waits in vain ends by its own time. */
export async function eventually(
  holds: () => boolean | Promise<boolean>
): Promise<void> {
  while (!(await holds())) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
