import type { Session, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import { confineToPage, denyPermissions, isAllowedLink, isFromPage } from './guards.ts';

describe('isAllowedLink', () => {
  it.each(['https://creativecommons.org/licenses/by/2.0/', 'https://www.flickr.com/photo.gne?id=5881310882', 'https://arxiv.org/abs/1512.04150'])('%s', (link) => {
    expect(isAllowedLink(link)).toBe(true);
  });

  it.each([
    'http://creativecommons.org/',
    'https://creativecommons.org.evil.example/',
    'https://evil.example/?https://creativecommons.org/',
    'https://creativecommons.org@evil.example/',
    'https://user@creativecommons.org/',
    'https://creativecommons.org:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://creativecommons.org/share',
    'penumbra://app/',
    'not a link',
    '',
  ])('not %s', (link) => {
    expect(isAllowedLink(link)).toBe(false);
  });
});

describe('isFromPage', () => {
  it.each([
    [{ url: 'penumbra://app/', parent: null }, true],
    [{ url: 'penumbra://app/#/fix/im_1', parent: null }, true],
    [{ url: 'penumbra://app/', parent: {} }, false],
    [{ url: 'penumbra://app/api/blob/photo/im_1', parent: null }, false],
    [{ url: 'penumbra://app.evil/', parent: null }, false],
    [{ url: 'https://example.com/', parent: null }, false],
    [{ url: 'about:blank', parent: null }, false],
    [null, false],
  ])('%o: %s', (frame, expected) => {
    expect(isFromPage(frame)).toBe(expected);
  });
});

describe('denyPermissions', () => {
  type Request = (contents: WebContents, permission: string, answer: (granted: boolean) => void) => void;
  type Check = (contents: WebContents | null, permission: string) => boolean;
  const set: { request?: Request; check?: Check; device?: () => boolean } = {};
  denyPermissions({
    setPermissionRequestHandler: (handler: Request) => (set.request = handler),
    setPermissionCheckHandler: (handler: Check) => (set.check = handler),
    setDevicePermissionHandler: (handler: () => boolean) => (set.device = handler),
  } as unknown as Session);
  const contents = (url: string): WebContents => ({ mainFrame: { url, parent: null } }) as unknown as WebContents;
  const asked = (permission: string, url = 'penumbra://app/'): boolean[] => {
    const answers: boolean[] = [];
    set.request?.(contents(url), permission, (granted) => answers.push(granted));
    return [...answers, set.check?.(contents(url), permission) ?? true];
  };

  it.each(['media', 'geolocation', 'notifications', 'midi', 'pointerLock', 'fullscreen', 'openExternal', 'clipboard-read', 'hid', 'serial', 'usb', 'unheard-of'])(
    'denies %s',
    (permission) => {
      expect(asked(permission)).toEqual([false, false]);
    },
  );

  it('lets the page alone copy', () => {
    expect(asked('clipboard-sanitized-write')).toEqual([true, true]);
    expect(asked('clipboard-sanitized-write', 'https://example.com/')).toEqual([false, false]);
    expect(set.check?.(null, 'clipboard-sanitized-write')).toBe(false);
    expect(set.device?.()).toBe(false);
  });
});

describe('confineToPage', () => {
  type OpenHandler = (details: { url: string }) => { action: string };
  const listeners = new Map<string, (event: { preventDefault: () => void }) => void>();
  const opened: string[] = [];
  let openHandler: OpenHandler | undefined;
  confineToPage(
    {
      on: (name: string, listener: (event: { preventDefault: () => void }) => void) => listeners.set(name, listener),
      setWindowOpenHandler: (handler: OpenHandler) => (openHandler = handler),
    } as unknown as WebContents,
    (link) => opened.push(link),
  );

  it.each(['will-navigate', 'will-redirect', 'will-attach-webview'])('prevents %s', (name) => {
    let prevented = 0;
    listeners.get(name)?.({ preventDefault: () => (prevented += 1) });
    expect(prevented).toBe(1);
  });

  it('opens no window, and hands allowed links alone to the system', () => {
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'https://arxiv.org/abs/1']) expect(openHandler?.({ url })).toEqual({ action: 'deny' });
    expect(opened).toEqual(['https://arxiv.org/abs/1']);
  });
});
