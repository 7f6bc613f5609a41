// The same fetch calls as any other browser client of the API; see docs/api.md.

/** An error value of the API. */
export class ApiError extends Error {
  /** @param {{ code: string, message: string, remedy: string }} value */
  constructor(value) {
    super(value.message);
    this.code = value.code;
    this.remedy = value.remedy;
  }
}

/**
 * @template T
 * @param {string} name
 * @param {object} [input]
 * @returns {Promise<T>}
 */
export async function call(name, input = {}) {
  let response;
  try {
    response = await fetch(`/api/call/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input),
    });
  } catch {
    throw new ApiError({ code: 'SHUTTING_DOWN', message: 'The server does not answer.', remedy: 'Start it again: penumbra serve DIR' });
  }
  /** @type {unknown} */
  const body = await response.json();
  const reply = /** @type {{ ok: true, value: T } | { ok: false, error: { code: string, message: string, remedy: string } }} */ (body);
  if (!reply.ok) throw new ApiError(reply.error);
  return reply.value;
}

/**
 * Follows the event stream and comes back after every loss.
 * @param {number} after number of the newest event seen
 * @param {{ onEvent: (event: { number: number, name: string, payload: unknown }) => void, onState: (state: 'live' | 'lost') => void }} listener
 */
export async function followEvents(after, listener) {
  let last = after;
  for (;;) {
    try {
      const response = await fetch(`/api/events?after=${last}`);
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
      listener.onState('live');
      let rest = '';
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const lines = (rest + part.value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line === '') continue;
          /** @type {unknown} */
          const parsed = JSON.parse(line);
          const event = /** @type {{ number: number, name: string, payload: unknown }} */ (parsed);
          last = event.number;
          listener.onEvent(event);
        }
      }
    } catch {
      // Shown as lost below; the next round tries again.
    }
    listener.onState('lost');
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}
