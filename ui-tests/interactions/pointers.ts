// Fingers and pens, which Playwright has no words for.

import type { Locator, Page } from '@playwright/test';

async function middle(target: Locator): Promise<{ x: number; y: number }> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (box === null) {
    throw new Error('nothing to touch');
  }
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Tap with a finger. */
export async function tap(page: Page, target: Locator): Promise<void> {
  const { x, y } = await middle(target);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  await session.send('Input.dispatchTouchEvent', {
    type: 'touchStart',
    touchPoints: [{ x, y }]
  });
  await session.send('Input.dispatchTouchEvent', {
    type: 'touchEnd',
    touchPoints: []
  });
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: false });
  await session.detach();
}

/** Press and lift a pen. */
export async function penTap(page: Page, target: Locator): Promise<void> {
  const { x, y } = await middle(target);
  const session = await page.context().newCDPSession(page);
  for (const [type, buttons] of [
    ['mouseMoved', 0],
    ['mousePressed', 1],
    ['mouseReleased', 0]
  ] as const) {
    await session.send('Input.dispatchMouseEvent', {
      type,
      x,
      y,
      buttons,
      button: type === 'mouseMoved' ? 'none' : 'left',
      clickCount: type === 'mouseMoved' ? 0 : 1,
      pointerType: 'pen'
    });
  }
  await session.detach();
}
