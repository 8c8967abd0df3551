// Has the code of what records come with the first consent to it.

import type { IEventLog } from '../tokens';

/** Run a task once, as soon as events of one of these schemas are recorded; again with the next change if it failed. */
export function onceActive(
  log: IEventLog,
  schemas: readonly string[],
  task: () => Promise<void>
): void {
  let isRunning = false;
  const look = (): void => {
    if (!isRunning && schemas.some(schema => log.isActive(schema))) {
      isRunning = true;
      task().then(
        () => log.activeChanged.disconnect(look),
        () => {
          isRunning = false;
        }
      );
    }
  };
  log.activeChanged.connect(look);
  look();
}
