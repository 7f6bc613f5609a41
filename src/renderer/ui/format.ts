/** Figures as people read them. Pure; locale-free, so that a screenshot and a test say the same everywhere. */

/** `2:05`, `1:02:05`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${hours > 0 ? twoDigits(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${twoDigits(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `43 %`; never 100 % before all is done. */
export function percent(share: number, digits = 0): string {
  const value = share * 100;
  const shown = value.toFixed(digits);
  return share < 1 && shown === (100).toFixed(digits) ? `${(100 - 10 ** -digits).toFixed(digits)} %` : `${shown} %`;
}

/** `3.9 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${at === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[at] ?? ''}`;
}

/** `12:04:31` of a moment, in the user's time zone. */
export function clockTime(at: Date | string): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** `2026-03-01 12:04` of a moment, in the user's time zone. */
export function dateTime(at: Date | string): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `1,234`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** CSS colour of an RGB triple. */
export function cssColour([red, green, blue]: readonly [number, number, number]): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** First words that messages of the core begin with in lower case. Any other may be a name of the user's, a file or a piece of code. */
const PROSE = /^(an?|another|artifact|blob|could|it|loss|method|no|port|recipe|run|step|the|there|this|weights)(?= )/;

/** A message of the core as a sentence of its own: the command line puts it after a colon, the window does not. */
export function sentence(message: string): string {
  return message.replace(PROSE, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
}
