// A server that knows its users, and what tests ask it for one of them.

import type { BrowserContext } from '@playwright/test';

import type { ILab } from './lab';
import { expect } from './lab';

/** Lines of configuration: whoever the cookie names is logged in. */
export const BY_COOKIE = `
from jupyter_server.auth import IdentityProvider, User
class ByCookie(IdentityProvider):
    def get_user(self, handler):
        name = handler.get_cookie("who") or "nobody"
        return User(name, name, name)
    def is_token_authenticated(self, handler):
        return True
    def should_check_origin(self, handler):
        return False
c.ServerApp.identity_provider_class = ByCookie
`;

/** Log in to a browser as somebody; whoever was logged in is no more. */
export async function become(
  context: BrowserContext,
  url: string,
  who: string
): Promise<void> {
  await context.addCookies([{ name: 'who', value: who, url }]);
}

/** The answer of the API to one of them; a body is put. */
export async function callAs(
  lab: ILab,
  who: string,
  path: string,
  body?: object
): Promise<unknown> {
  const response = await fetch(`${lab.url}/api/telemetry${path}`, {
    ...(body ? { method: 'PUT', body: JSON.stringify(body) } : {}),
    headers: { Cookie: `who=${who}` }
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** Let somebody share everything. */
export async function shareAs(lab: ILab, who: string): Promise<void> {
  const { purposes } = (await callAs(lab, who, '')) as {
    purposes: { name: string; terms: string }[];
  };
  for (const { name: purpose, terms } of purposes) {
    const choice = { purpose, mode: 'on', terms, control: 'panel' };
    await callAs(lab, who, '/consent', choice);
  }
}

/** The ids of what the server holds of somebody, newest first. */
export async function heldIdsAs(lab: ILab, who: string): Promise<string[]> {
  const { events } = (await callAs(lab, who, '/events?limit=1000')) as {
    events: { id: string }[];
  };
  return events.map(({ id }) => id);
}
