import { spawn } from 'node:child_process';

/** Opens a link with the system's own opener. Silent where there is none: the link has been printed. */
export function openBrowser(link: string): void {
  const [command, ...args] = opener(link);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function opener(link: string): [string, ...string[]] {
  if (process.platform === 'darwin') return ['open', link];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', link];
  return ['xdg-open', link];
}

/** On Linux a browser needs a display; over ssh or in a container there is none. */
export function canOpenBrowser(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.platform !== 'linux' || (env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '') !== '';
}
