import type { Session, WebContents } from 'electron';
import { PAGE_URL } from './scheme.ts';

/** Sites that the page links to: sources and licences of photos, papers, the project's own pages. */
const LINKED_HOSTS = new Set(['creativecommons.org', 'www.flickr.com', 'cocodataset.org', 'arxiv.org', 'doi.org', 'github.com']);

/** True for links that may be handed to the system's browser. */
export function isAllowedLink(link: string): boolean {
  try {
    const { protocol, hostname, username, password, port } = new URL(link);
    return protocol === 'https:' && port === '' && username === '' && password === '' && LINKED_HOSTS.has(hostname);
  } catch {
    return false;
  }
}

/** True for messages from the page itself: its own address, and no frame inside it. */
export function isFromPage(frame: { readonly url: string; readonly parent: unknown } | null): boolean {
  return frame !== null && frame.parent === null && (frame.url === PAGE_URL || frame.url.startsWith(`${PAGE_URL}#`));
}

/** Everything is denied but what copying a table or a chart needs. */
const GRANTED = new Set(['clipboard-sanitized-write']);

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => answer(GRANTED.has(permission) && isFromPage(contents.mainFrame)));
  session.setPermissionCheckHandler((contents, permission) => GRANTED.has(permission) && contents !== null && isFromPage(contents.mainFrame));
  session.setDevicePermissionHandler(() => false);
}

/** The window shows the page and nothing else: no navigation, no other windows, no webviews. */
export function confineToPage(contents: WebContents, openExternal: (link: string) => unknown): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (isAllowedLink(url)) openExternal(url);
    return { action: 'deny' };
  });
}
