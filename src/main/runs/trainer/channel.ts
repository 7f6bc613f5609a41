import type { ChildProcess } from 'node:child_process';
import { createBirpc, type BirpcReturn } from 'birpc';
import { ErrorValue, PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { CoreFunctions, TrainerFunctions } from '../trainer-protocol.ts';

/** Calls of the trainer that need no answer. */
const CORE_EVENTS = ['steps', 'metrics', 'log', 'sample', 'heartbeat', 'backend'] as const;

export type TrainerProxy = BirpcReturn<TrainerFunctions, CoreFunctions>;
export type CoreProxy = BirpcReturn<CoreFunctions, TrainerFunctions>;

/** The core's end: functions the trainer may call, and a proxy to call the trainer. */
export function openTrainerChannel(child: ChildProcess, functions: CoreFunctions, onBroken: (error: Error) => void): TrainerProxy {
  return createBirpc<TrainerFunctions, CoreFunctions>(functions, {
    // A trainer that dies while a message is under way is told by its exit, not here.
    post: (message: unknown) => {
      child.send(message as object, () => undefined);
    },
    on: (receive) => void child.on('message', receive),
    off: (receive) => void child.off('message', receive),
    serialize: errorsOut,
    deserialize: errorsIn,
    timeout: -1, // the heartbeat watches over the trainer
    onGeneralError: (error) => {
      onBroken(error);
      return true;
    },
  });
}

/** The trainer's end, over the channel its parent gave it. */
export function openCoreChannel(functions: TrainerFunctions): CoreProxy {
  return createBirpc<CoreFunctions, TrainerFunctions>(functions, {
    post: (message: unknown) => {
      // Without a parent nobody is left to tell; the watchdog ends this process.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    on: (receive) => void process.on('message', receive),
    off: (receive) => void process.off('message', receive),
    serialize: errorsOut,
    deserialize: errorsIn,
    timeout: -1,
    eventNames: [...CORE_EVENTS],
  });
}

/** Structured clone keeps of an error its message alone; code and remedy travel as an error value. */
function errorsOut(message: unknown): unknown {
  if (!isReply(message) || message.e === undefined) return message;
  return { ...message, e: { penumbraError: toErrorValue(message.e) } };
}

function errorsIn(message: unknown): unknown {
  if (!isReply(message) || typeof message.e !== 'object' || message.e === null || !('penumbraError' in message.e)) return message;
  return { ...message, e: PenumbraError.fromValue(ErrorValue.parse(message.e.penumbraError)) };
}

function isReply(message: unknown): message is { t: 's'; e?: unknown } {
  return typeof message === 'object' && message !== null && 't' in message && message.t === 's';
}
